"""What a machine needs before its first worker starts: trained classifiers, and the shipped task's shop.

`python -m streams.preparation` does it for the configured state directory.
"""

from processors.tasks.shop_support import shop_database
from streams.clock import SystemClock
from streams.settings import Settings, load
from streams.wiring import Workshop


def prepare(settings: Settings) -> None:
    """Train what is not trained yet, and make the shop anew with dates relative to today."""
    Workshop(settings).train_missing()
    shop = settings.shop_database or settings.state_dir / "shop.sqlite"
    shop_database.create(shop, SystemClock().now().date())


if __name__ == "__main__":
    prepare(load())

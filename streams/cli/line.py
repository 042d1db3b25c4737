"""The line that a command speaks to: the one of this directory, or the one that the environment names."""

from schemas.errors import Retryable
from streams.embedded import session
from streams.probe import any_listens
from streams.settings import Settings


def running_line() -> Settings:
    """Return the settings of a line whose broker listens.

    Raises:
        Fatal: as `session.effective`.
        Retryable: `no_line`, saying what to do.
    """
    settings = session.effective()
    state = settings.state_dir.resolve()
    if not session.broker_named() and (state / session.FILE).exists() and not session.running(state):
        raise Retryable("no_line", f"the one in {state} has ended; start `sluicegate dev`")
    bootstrap = settings.broker.bootstrap
    if not any_listens(bootstrap):
        raise Retryable(
            "no_line",
            f"nothing listens at {bootstrap}; start `sluicegate dev` in this directory, "
            "or name one in SLUICEGATE_BROKER__BOOTSTRAP",
        )
    return settings

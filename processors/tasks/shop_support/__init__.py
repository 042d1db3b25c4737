"""Customer support of an online shop: the task that ships with the line."""

from pathlib import Path

FOLDER = Path(__file__).parent

"""The shop's order database, made from `shop.sql`: a stand-in for the system of record of a real shop."""

import sqlite3
from datetime import date, timedelta
from pathlib import Path

_SCRIPT = Path(__file__).parent / "shop.sql"


def create(path: Path, today: date) -> Path:
    """Write the database anew and return its path. Dates in it are relative to `today`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.create_function("days_ago", 1, lambda days: _iso(today, days), deterministic=True)
        connection.executescript(_SCRIPT.read_text(encoding="utf-8"))
        connection.commit()
    finally:
        connection.close()
    return path


def _iso(today: date, days: int) -> str:
    return (today - timedelta(days=days)).isoformat()

"""A long history as SQL, for what is asked of one."""

from pathlib import Path

_SQL = Path(__file__).parent.parent / "db" / "history.sql"


def history_sql(*, runs: int, events: int) -> str:
    """runs: 20,000 at least, of which a thousand wait."""
    return _SQL.read_text().replace(":runs", str(runs)).replace(":events", str(events))

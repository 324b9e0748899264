"""What the planner knows of a database that has just been migrated.

Where the statistics of a table are older than one of its indexes, the planner takes the new one to
be as good as any, and walks a hundred thousand rows for a list that the index has at hand.
"""

from sqlalchemy import Connection, text

# Of tables that have statistics, those indexes that have none. One over no row never has any.
_UNKNOWN = """
SELECT name FROM sqlite_master WHERE type = 'index'
AND tbl_name IN (SELECT tbl FROM sqlite_stat1)
AND name NOT IN (SELECT idx FROM sqlite_stat1 WHERE idx IS NOT NULL)
"""
_ARE_KEPT = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'"


def freshen(connection: Connection) -> None:
    """On SQLite of new indexes alone, each read whole as it was when it was made: a sample
    (`analysis_limit`) takes three states of a million orders for four hundred orders each, and
    statistics of a table that is still small would mislead once it is big."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE"))
    elif connection.scalar(text(_ARE_KEPT)):
        for name in connection.scalars(text(_UNKNOWN)).all():
            connection.execute(text(f'ANALYZE "{name}"'))

"""A database put back to what it was, as out of a backup; what the authority has stays."""

from sqlalchemy import select

from webapp.platform.database import db

OF_THE_AUTHORITY = "sandbox_"


def kept_rows() -> dict[str, list[dict]]:
    db.session.rollback()
    return {
        table.name: [dict(row) for row in db.session.execute(select(table)).mappings()]
        for table in _tables()
    }


def put_back(rows: dict[str, list[dict]]) -> None:
    db.session.rollback()
    for table in reversed(_tables()):
        db.session.execute(table.delete())
    for table in _tables():
        if rows[table.name]:
            db.session.execute(table.insert(), rows[table.name])
    db.session.commit()
    db.session.expunge_all()


def _tables():
    every = db.metadata.sorted_tables
    return [table for table in every if not table.name.startswith(OF_THE_AUTHORITY)]

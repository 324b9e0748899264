"""How a database goes about a query: which indexes it reads, and what it walks through."""

from sqlalchemy import text


def plan_of(db, query, **values) -> str:
    """One step a line. On PostgreSQL with walks and sorts made dear, as in tables that are not
    empty."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    if not is_sqlite:
        for way in ("seqscan", "sort", "bitmapscan"):
            db.session.execute(text(f"SET LOCAL enable_{way} = off"))
    told = query.compile(db.engine, compile_kwargs={"render_postcompile": True})
    values = told.construct_params(values)
    processors = told._bind_processors

    def bound(name, value):
        """Each of the values of an IN is bound as their name is."""
        processor = processors.get(name) or processors.get(name.rpartition("_")[0])
        return processor(value) if processor else value

    processed = {name: bound(name, value) for name, value in values.items()}
    parameters = tuple(processed[name] for name in told.positiontup) if is_sqlite else processed
    explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    rows = db.session.connection().exec_driver_sql(f"{explain} {told}", parameters)
    return "\n".join(str(row[-1]) for row in rows)

"""The index of a searched table, as `platform.searching` asks it: its trigrams, kept by triggers.

The function `search_grams` of PostgreSQL comes with migration 0018.
"""

from alembic import op

WORDS = "'  ' || replace({row}search_text, ' ', '  ') || '  '"

SQLITE = (
    "CREATE VIRTUAL TABLE {t}_search USING fts5(words, content='', columnsize=0, "
    "tokenize='trigram case_sensitive 1')",
    "INSERT INTO {t}_search (rowid, words) SELECT id, {words} FROM {t}",
    "INSERT INTO {t}_search ({t}_search) VALUES ('optimize')",
    "CREATE TRIGGER {t}_search_new AFTER INSERT ON {t} BEGIN {add}; END",
    "CREATE TRIGGER {t}_search_changed AFTER UPDATE OF search_text ON {t} "
    "WHEN old.search_text <> new.search_text BEGIN {drop}; {add}; END",
    "CREATE TRIGGER {t}_search_gone AFTER DELETE ON {t} BEGIN {drop}; END",
)
ADD = "INSERT INTO {t}_search (rowid, words) VALUES (new.id, {new})"
DROP = "INSERT INTO {t}_search ({t}_search, rowid, words) VALUES ('delete', old.id, {old})"

POSTGRESQL = (
    "CREATE TABLE {t}_search (id integer NOT NULL, grams text[] NOT NULL)",
    "INSERT INTO {t}_search SELECT id, search_grams(search_text) FROM {t} ORDER BY id",
    "ALTER TABLE {t}_search ADD CONSTRAINT pk_{t}_search PRIMARY KEY (id)",
    # What was written lately is looked through by every search: little of it waits.
    "CREATE INDEX ix_{t}_search_grams ON {t}_search USING gin (grams) "
    "WITH (gin_pending_list_limit = 256)",
    """CREATE FUNCTION keep_{t}_search() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF TG_OP <> 'INSERT' THEN DELETE FROM {t}_search WHERE id = OLD.id; END IF;
      IF TG_OP <> 'DELETE' THEN
        INSERT INTO {t}_search VALUES (NEW.id, search_grams(NEW.search_text));
      END IF;
      RETURN NULL;
    END $$""",
    "CREATE TRIGGER {t}_search_kept AFTER INSERT OR DELETE ON {t} "
    "FOR EACH ROW EXECUTE FUNCTION keep_{t}_search()",
    "CREATE TRIGGER {t}_search_changed AFTER UPDATE OF search_text ON {t} FOR EACH ROW "
    "WHEN (OLD.search_text IS DISTINCT FROM NEW.search_text) EXECUTE FUNCTION keep_{t}_search()",
    "ANALYZE {t}_search",
)


def make_index(name: str) -> None:
    words, new, old = (WORDS.format(row=row) for row in ("", "new.", "old."))
    add, drop = ADD.format(t=name, new=new), DROP.format(t=name, old=old)
    for statement in SQLITE if _is_sqlite() else POSTGRESQL:
        told = statement.format(t=name, words=words, add=add, drop=drop)
        op.get_bind().exec_driver_sql(told)


def drop_index(name: str) -> None:
    is_sqlite = _is_sqlite()
    for kind in ("new", "changed", "gone") if is_sqlite else ("kept", "changed"):
        on = "" if is_sqlite else f" ON {name}"
        op.execute(f"DROP TRIGGER {name}_search_{kind}{on}")
    op.execute(f"DROP TABLE {name}_search")
    if not is_sqlite:
        op.execute(f"DROP FUNCTION keep_{name}_search()")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"

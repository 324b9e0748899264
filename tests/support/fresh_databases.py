"""Databases that every test finds as the migrations make them, with nothing else in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import Engine

if TYPE_CHECKING:
    from tests.services import Postgres

# What a test has written is taken out and what the migrations wrote is put back: 5 ms, where a
# clone of a template takes 70. Triggers are off meanwhile, so the order of tables is of no matter.
_REMEMBER = """
CREATE SCHEMA pristine;
CREATE TABLE pristine.tables (name text, kept boolean);
DO $$
DECLARE name text; found boolean;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('SELECT EXISTS (TABLE public.%I)', name) INTO found;
    INSERT INTO pristine.tables VALUES (name, found);
    IF found THEN
      EXECUTE format('CREATE TABLE pristine.%I AS TABLE public.%I', 'rows of ' || name, name);
    END IF;
  END LOOP;
END $$;
CREATE TABLE pristine.sequences AS
  SELECT sequencename::text AS name, coalesce(last_value, start_value) AS value,
         last_value IS NOT NULL AS used
  FROM pg_sequences WHERE schemaname = 'public';
CREATE VIEW pristine.schema AS
  SELECT md5(string_agg(format('%s %s %s %s', attrelid, attnum, attname, reltuples > 0), ','
                        ORDER BY attrelid, attnum)) AS digest
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r';
CREATE TABLE pristine.first_schema AS TABLE pristine.schema;
CREATE FUNCTION pristine.restore() RETURNS boolean LANGUAGE plpgsql
SET session_replication_role = replica AS $$
DECLARE name text; size bigint;
BEGIN
  IF (SELECT digest FROM pristine.schema) <> (SELECT digest FROM pristine.first_schema) THEN
    RETURN false;
  END IF;
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle';
  FOR name IN SELECT tables.name FROM pristine.tables LOOP
    size := pg_relation_size(format('public.%I', name));
    IF size > 262144 THEN
      EXECUTE format('TRUNCATE public.%I CASCADE', name);
    ELSIF size > 0 THEN
      EXECUTE format('DELETE FROM public.%I', name);
    END IF;
  END LOOP;
  FOR name IN SELECT tables.name FROM pristine.tables WHERE kept LOOP
    EXECUTE format('INSERT INTO public.%I TABLE pristine.%I', name, 'rows of ' || name);
  END LOOP;
  PERFORM setval(format('public.%I', sequences.name), value, used) FROM pristine.sequences;
  RETURN true;
END $$;
"""


_CONNECTED = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'
"""


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def make_pristine(server: Postgres, migrate: Callable[[str], None]) -> None:
    """The database that others are copies of: migrated, and knowing how it then was."""
    server.execute("CREATE DATABASE pristine")
    migrate(server.url("pristine"))
    with _connect(server.url("pristine")) as connection:
        connection.execute(_REMEMBER)


class PostgresDatabase:
    """One database for all tests, brought back before each; a test that changes the schema, or
    counts the rows of tables, costs the next one a new copy of what was migrated once. `engines`:
    those whose connections outlive a test."""

    def __init__(self, server: Postgres, engines: Callable[[], Iterable[Engine]]):
        self._server, self._engines = server, engines
        self.url = server.url("balcao")
        self._make()

    def _make(self) -> None:
        self._server.execute("CREATE DATABASE balcao TEMPLATE pristine")
        self._connection = _connect(self.url)

    def fresh(self) -> str:
        """The address, once the database is as it was; whoever still works in it is cut off."""
        if self._connection.execute(_CONNECTED).fetchone() != (self._kept(),):
            self._let_go()  # a test has cut some
        if self._connection.execute("SELECT pristine.restore()").fetchone() != (True,):
            self._let_go()
            self.close()
            self._server.execute("DROP DATABASE balcao WITH (FORCE)")
            self._make()
        return self.url

    def close(self) -> None:
        self._connection.close()

    def _kept(self) -> int:
        return sum(engine.pool.checkedin() for engine in self._engines())

    def _let_go(self) -> None:
        for engine in self._engines():
            engine.dispose()


class SqliteDatabase:
    """One file for all tests, written over for each."""

    def __init__(self, folder: Path, migrated: bytes):
        self._file, self._migrated = folder / "balcao.sqlite3", migrated

    def fresh(self) -> str:
        write_over(self._file, self._migrated)
        return f"sqlite:///{self._file}"


def write_over(file: Path, content: bytes) -> None:
    """In place of a database of SQLite and its log, which nobody has open: to empty the file first
    and copy another into it takes seven times as long."""
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    with open(descriptor, "wb", buffering=0) as opened:
        opened.write(content)
        opened.truncate()

"""Databases that every test finds as the migrations make them, with nothing else in them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.services import Postgres

# What a test has written is taken out and what the migrations wrote is put back: 5 ms, where a
# clone of a template takes 70. Triggers are off meanwhile, so the order of tables is of no matter.
_REMEMBER = """
CREATE SCHEMA pristine;
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE pristine.%1$I AS TABLE public.%1$I', name);
  END LOOP;
END $$;
CREATE TABLE pristine._sequences AS
  SELECT sequencename::text AS name, coalesce(last_value, start_value) AS value,
         last_value IS NOT NULL AS used
  FROM pg_sequences WHERE schemaname = 'public';
CREATE FUNCTION pristine.restore() RETURNS void LANGUAGE plpgsql
SET session_replication_role = replica AS $$
DECLARE name text;
BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle';
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    CASE
      WHEN pg_relation_size(format('public.%I', name)) = 0 THEN NULL;
      WHEN pg_relation_size(format('public.%I', name)) > 262144
        THEN EXECUTE format('TRUNCATE public.%I CASCADE', name);
      ELSE EXECUTE format('DELETE FROM public.%I', name);
    END CASE;
  END LOOP;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('INSERT INTO public.%1$I TABLE pristine.%1$I', name);
  END LOOP;
  PERFORM setval(format('public.%I', entry.name), entry.value, entry.used)
    FROM pristine._sequences AS entry;
END $$;
"""


class PostgresDatabase:
    """One database for all tests, brought back before each."""

    def __init__(self, server: Postgres, migrate: Callable[[str], None]):
        server.execute("CREATE DATABASE balcao")
        self.url = server.url("balcao")
        migrate(self.url)
        self._connection = psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)
        self._connection.execute(_REMEMBER)

    def fresh(self) -> str:
        """The address, once the database is as it was; whoever still works in it is cut off."""
        self._connection.execute("SELECT pristine.restore()")
        return self.url

    def close(self) -> None:
        self._connection.close()


class SqliteDatabase:
    """One file for all tests, copied anew for each."""

    def __init__(self, folder: Path, migrate: Callable[[str], None]):
        self._template, self._file = folder / "template.sqlite3", folder / "balcao.sqlite3"
        migrate(f"sqlite:///{self._template}")

    def fresh(self) -> str:
        for suffix in ("-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self._template, self._file)
        return f"sqlite:///{self._file}"

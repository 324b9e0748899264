"""The index of each search text: its trigrams, two spaces around each word, kept by triggers."""

from alembic import op

from webapp.migrations.searching import drop_index, make_index

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

TABLES = ('sales', 'customers', 'products')
GRAMS = """
CREATE FUNCTION search_grams(written text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT substr(words, place, 3)), '{}')
  FROM (SELECT '  ' || replace(written, ' ', '  ') || '  ' AS words) AS padded,
       generate_series(1, length(words) - 2) AS place
$$"""


def upgrade():
    if op.get_bind().dialect.name != 'sqlite':
        op.get_bind().exec_driver_sql(GRAMS)
    for name in TABLES:
        make_index(name)


def downgrade():
    for name in TABLES:
        drop_index(name)
    if op.get_bind().dialect.name != 'sqlite':
        op.execute('DROP FUNCTION search_grams(text)')

"""Returns of goods are listed in each order by an index of their own."""

import sqlalchemy as sa
from alembic import op

revision = '0048'
down_revision = '0047'
branch_labels = None
depends_on = None
RETURNS = sa.text("purpose = 'return'")
INDEXES: dict[str, list] = {
    'ix_invoices_returns_total_id': ['total', 'id'],
    'ix_invoices_returns_moment_id': [sa.text('coalesce(issued_at, created_at)'), 'id'],
}


def upgrade():
    for name, columns in INDEXES.items():
        op.create_index(name, 'invoices', columns, sqlite_where=RETURNS, postgresql_where=RETURNS)


def downgrade():
    for name in INDEXES:
        op.drop_index(name, table_name='invoices')

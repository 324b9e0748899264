"""An index for each filter that lists offer, in the order in which they show what it finds."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

ON_SALE = sa.text('archived_at IS NULL')
# Name, table, columns, the rows it holds.
INDEXES: tuple[tuple[str, str, list[Any], Any], ...] = (
    ('ix_sales_channel_id', 'sales', ['channel', 'id'], None),
    ('ix_sales_agent_code_id', 'sales', ['agent_code', 'id'], sa.text('agent_code IS NOT NULL')),
    ('ix_products_name_id', 'products', ['name', 'id'], None),
    ('ix_products_on_sale_kind', 'products', ['kind', 'name', 'id'], ON_SALE),
    ('ix_products_low', 'products', ['name', 'id'], sa.text('archived_at IS NULL AND stock <= low_stock')),
    ('ix_invoices_moment_id', 'invoices', [sa.text('coalesce(issued_at, created_at)'), 'id'], None),
    ('ix_invoices_sending', 'invoices', ['status', 'id'], sa.text("status IN ('approved', 'sending')")),
)


def upgrade():
    for name, table, columns, rows in INDEXES:
        op.create_index(name, table, columns, sqlite_where=rows, postgresql_where=rows)


def downgrade():
    for name, table, _columns, _rows in reversed(INDEXES):
        op.drop_index(name, table_name=table)

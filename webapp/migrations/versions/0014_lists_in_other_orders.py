"""Indexes for lists in the orders that people choose, and for what waits to be shipped."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

ON_SALE = sa.text('archived_at IS NULL')
TO_SHIP = sa.text("shipping IN ('to_pack', 'packed')")
# Name, table, columns, the rows it holds.
INDEXES: tuple[tuple[str, str, list[Any], Any], ...] = (
    ('ix_sales_to_ship', 'sales', ['status', 'id'], TO_SHIP),
    ('ix_sales_total_id', 'sales', ['total', 'id'], None),
    ('ix_sales_customer_name_id', 'sales', ['customer_name', 'id'], None),
    ('ix_invoices_total_id', 'invoices', ['total', 'id'], None),
    ('ix_products_on_sale_name', 'products', ['name', 'id'], ON_SALE),
    ('ix_products_on_sale_price', 'products', ['price', 'id'], ON_SALE),
    ('ix_products_on_sale_stock', 'products', [sa.text('coalesce(stock, -1)'), 'id'], ON_SALE),
    ('ix_products_archived', 'products', ['name', 'id'], sa.text('archived_at IS NOT NULL')),
    ('ix_customers_name_id', 'customers', ['name', 'id'], None),
    ('ix_memberships_since_id', 'memberships', ['since', 'id'], None),
    ('ix_packing_slips_expected', 'packing_slips', ['expected_delivery', 'id'], None),
)


def upgrade():
    op.drop_index('ix_products_archived_at_name', table_name='products')
    for name, table, columns, rows in INDEXES:
        op.create_index(name, table, columns, sqlite_where=rows, postgresql_where=rows)


def downgrade():
    for name, table, _columns, _rows in reversed(INDEXES):
        op.drop_index(name, table_name=table)
    op.create_index('ix_products_archived_at_name', 'products', ['archived_at', 'name'])

"""Indexes for the home page (what was placed today by its state, and what is short, the shortest
first) and for the sweeper (what was not paid in time)."""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None

HELD = sa.text('hold_until IS NOT NULL')
LOW = sa.text('archived_at IS NULL AND stock <= low_stock')


def upgrade():
    op.create_index(
        'ix_products_shortest',
        'products',
        ['stock', 'name'],
        sqlite_where=LOW,
        postgresql_where=LOW,
    )
    op.create_index(
        'ix_sales_hold_until',
        'sales',
        ['status', 'hold_until'],
        sqlite_where=HELD,
        postgresql_where=HELD,
    )
    op.create_index('ix_sales_created_at_status', 'sales', ['created_at', 'status'])
    op.drop_index('ix_sales_created_at', table_name='sales')


def downgrade():
    op.create_index('ix_sales_created_at', 'sales', ['created_at'])
    op.drop_index('ix_sales_created_at_status', table_name='sales')
    op.drop_index('ix_sales_hold_until', table_name='sales')
    op.drop_index('ix_products_shortest', table_name='products')

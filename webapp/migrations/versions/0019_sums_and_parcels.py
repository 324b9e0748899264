"""Indexes for the days of the home page, for sums of a month and for parcels that wait."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

UNDER_WAY = sa.text("shipping <> 'none' AND status NOT IN ('invoiced', 'completed', 'cancelled')")
# Name, table, columns, the rows it holds.
OLD: tuple[tuple[str, str, list[str]], ...] = (
    ('ix_sales_paid_at', 'sales', ['paid_at']),
    ('ix_commissions_month', 'commissions', ['month']),
    ('ix_royalty_slips_month', 'royalty_slips', ['month']),
)
NEW: tuple[tuple[str, str, list[str], Any], ...] = (
    ('ix_sales_paid_at', 'sales', ['paid_at', 'status', 'total'], None),
    ('ix_sales_goods_under_way', 'sales', ['id'], UNDER_WAY),
    ('ix_commissions_month_id', 'commissions', ['month', 'id'], None),
    ('ix_commissions_month_agent_id', 'commissions', ['month', 'agent_code', 'id'], None),
    ('ix_royalty_slips_month_id', 'royalty_slips', ['month', 'id'], None),
)


def upgrade():
    for name, table, _columns in OLD:
        op.drop_index(name, table_name=table)
    for name, table, columns, rows in NEW:
        op.create_index(name, table, columns, sqlite_where=rows, postgresql_where=rows)


def downgrade():
    for name, table, _columns, _rows in reversed(NEW):
        op.drop_index(name, table_name=table)
    for name, table, columns in OLD:
        op.create_index(name, table, columns)

"""Indexes with all that counts ask: orders to leave, memberships by state, plans on sale."""

import sqlalchemy as sa
from alembic import op

revision = '0076'
down_revision = '0075'
branch_labels = None
depends_on = None

TO_LEAVE = sa.text("ship_by IS NOT NULL AND status <> 'open' AND shipping NOT IN ('shipped', 'delivered')")
ON_SALE = sa.text('archived_at IS NULL')


def _to_leave(*more):
    columns = ['ship_by', 'id', *more]
    op.create_index('ix_sales_to_leave', 'sales', columns, sqlite_where=TO_LEAVE, postgresql_where=TO_LEAVE)


def upgrade():
    op.drop_index('ix_sales_to_leave', 'sales')
    _to_leave('status', 'shipping', 'waits_since')
    op.create_index('ix_memberships_status_since_id', 'memberships', ['status', 'since', 'id'])
    op.create_index(
        'ix_products_on_sale_plan', 'products', ['kind', 'plan'], sqlite_where=ON_SALE, postgresql_where=ON_SALE
    )


def downgrade():
    op.drop_index('ix_products_on_sale_plan', 'products')
    op.drop_index('ix_memberships_status_since_id', 'memberships')
    op.drop_index('ix_sales_to_leave', 'sales')
    _to_leave()

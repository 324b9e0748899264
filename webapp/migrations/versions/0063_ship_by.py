"""When an order must leave the shop, and the terms that say it."""

import sqlalchemy as sa
from alembic import op

revision = '0063'
down_revision = '0062'
branch_labels = None
depends_on = None

TO_LEAVE = sa.text(
    "ship_by IS NOT NULL AND status <> 'open' AND shipping NOT IN ('shipped', 'delivered')"
)
TERMS = (
    sa.Column('cut_off', sa.String(length=5), nullable=False, server_default='14:00'),
    sa.Column('pick_up', sa.String(length=5), nullable=False, server_default='17:00'),
    sa.Column('preparation_days', sa.Integer(), nullable=False, server_default='1'),
    sa.Column('dispatch_weekdays', sa.String(length=7), nullable=False, server_default='12345'),
    sa.Column('days_off', sa.Text(), nullable=False, server_default=''),
    sa.Column('ship_by_from', sa.Integer(), nullable=True),
)


def upgrade():
    op.add_column('sales', sa.Column('ship_by', sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        'sales',
        sa.Column('ship_by_told', sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index(
        'ix_sales_to_leave',
        'sales',
        ['ship_by', 'id'],
        sqlite_where=TO_LEAVE,
        postgresql_where=TO_LEAVE,
    )
    for column in TERMS:
        op.add_column('shop', column)
    # What has not left yet is reckoned by the first passes of the sweeper.
    op.execute('UPDATE shop SET ship_by_from = 0 WHERE EXISTS (SELECT 1 FROM sales)')


def downgrade():
    for column in reversed(TERMS):
        op.drop_column('shop', column.name)
    op.drop_index('ix_sales_to_leave', 'sales')
    op.drop_column('sales', 'ship_by_told')
    op.drop_column('sales', 'ship_by')

"""Sums kept by day, and the marks of days whose money changed."""

import sqlalchemy as sa
from alembic import op

revision = '0068'
down_revision = '0067'
branch_labels = None
depends_on = None

PAID_AT = ['paid_at', 'id', 'status', 'total', 'refunded_amount']


def upgrade():
    op.create_table('money_marks',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_table('day_sums',
        sa.Column('parted_by', sa.String(length=40), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('key', sa.String(length=60), nullable=False),
        sa.Column('zone', sa.String(length=40), nullable=False),
        sa.Column('is_top', sa.Boolean(), nullable=False),
        sa.Column('orders', sa.Integer(), nullable=False),
        sa.Column('units', sa.Integer(), nullable=False),
        sa.Column('sold', sa.BigInteger(), nullable=False),
        sa.Column('refunded', sa.BigInteger(), nullable=False),
        sa.Column('costs', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('parted_by', 'day', 'key'),
    )
    op.create_index('ix_day_sums_key', 'day_sums', ['parted_by', 'key', 'day'])
    op.create_index(
        'ix_day_sums_top',
        'day_sums',
        ['parted_by', 'day'],
        sqlite_where=sa.text('is_top'),
        postgresql_where=sa.text('is_top'),
    )
    op.create_index(
        'ix_packing_slips_shipped_at',
        'packing_slips',
        ['shipped_at', 'id'],
        sqlite_where=sa.text('shipped_at IS NOT NULL'),
        postgresql_where=sa.text('shipped_at IS NOT NULL'),
    )
    op.drop_index('ix_sales_paid_at', 'sales')
    op.create_index('ix_sales_paid_at', 'sales', PAID_AT)


def downgrade():
    op.drop_index('ix_sales_paid_at', 'sales')
    op.create_index('ix_sales_paid_at', 'sales', ['paid_at', 'status', 'total'])
    op.drop_index('ix_packing_slips_shipped_at', 'packing_slips')
    op.drop_table('day_sums')
    op.drop_table('money_marks')

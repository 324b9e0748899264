"""Batches: one change of many products, and what it did to each."""

import sqlalchemy as sa
from alembic import op

revision = '0059'
down_revision = '0058'
branch_labels = None
depends_on = None

COUNTED = (
    'total', 'cursor', 'position', 'to_change', 'same', 'refused', 'under_cost', 'changed', 'left', 'undone', 'kept'
)


def upgrade():
    op.create_table('batches',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=120), nullable=False),
        sa.Column('change', sa.JSON(), nullable=False),
        sa.Column('field', sa.String(length=40), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTED),
        sa.Column('lowers_prices', sa.Boolean(), nullable=False),
        sa.Column('applies_itself', sa.Boolean(), nullable=False),
        sa.Column('asked_by', sa.String(length=254), nullable=False),
        sa.Column('carried_out_by', sa.String(length=254), nullable=False),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease', sa.String(length=32), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('waits', sa.Integer(), nullable=False),
        sa.Column('unmet_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_batches_status_due_at', 'batches', ['status', 'due_at'])
    op.create_table('batch_rows',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('batch_id', sa.Integer(), nullable=False),
        sa.Column('product_id', sa.Integer(), nullable=True),
        sa.Column('sku', sa.String(length=60), nullable=False),
        sa.Column('outcome', sa.String(length=40), nullable=False),
        sa.Column('before', sa.JSON(), nullable=False),
        sa.Column('after', sa.JSON(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=True),
        sa.Column('under_cost', sa.Boolean(), nullable=False),
        sa.Column('reason', sa.String(length=40), nullable=False),
        sa.Column('left_by', sa.String(length=254), nullable=False),
        sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('over_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['batch_id'], ['batches.id'], ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['product_id'], ['products.id'], ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('batch_id', 'product_id', name='uq_batch_rows_batch_id_product_id'),
    )
    op.create_index('ix_batch_rows_batch_id_id', 'batch_rows', ['batch_id', 'id'])
    op.create_index('ix_batch_rows_outcome', 'batch_rows', ['batch_id', 'outcome', 'id'])
    op.create_index('ix_batch_rows_product_id_version', 'batch_rows', ['product_id', 'version'])
    op.create_index(
        'ix_batch_rows_under_cost',
        'batch_rows',
        ['batch_id', 'id'],
        sqlite_where=sa.text('under_cost = 1'),
        postgresql_where=sa.text('under_cost'),
    )


def downgrade():
    op.drop_table('batch_rows')
    op.drop_table('batches')

"""Bulk acts: one act over many orders, and what came of each."""

import sqlalchemy as sa
from alembic import op

revision = '0065'
down_revision = '0064'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table('bulk_acts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('act', sa.String(length=20), nullable=False),
        sa.Column('params', sa.JSON(), nullable=False),
        sa.Column('locale', sa.String(length=8), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('cursor', sa.Integer(), nullable=False),
        sa.Column('upto', sa.Integer(), nullable=False),
        sa.Column('sales', sa.Integer(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('result', sa.JSON(), nullable=False),
        sa.Column('asked_by', sa.String(length=254), nullable=False),
        sa.Column('finished_at', MOMENT, nullable=True),
        sa.Column('due_at', MOMENT, nullable=True),
        sa.Column('lease', sa.String(length=32), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('waits', sa.Integer(), nullable=False),
        sa.Column('unmet_since', MOMENT, nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.Column('updated_at', MOMENT, nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_bulk_acts_status_due_at', 'bulk_acts', ['status', 'due_at'])
    op.create_table('bulk_rows',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('act_id', sa.Integer(), nullable=False),
        sa.Column('place', sa.Integer(), nullable=False),
        sa.Column('sale_id', sa.Integer(), nullable=False),
        sa.Column('told', sa.String(length=60), nullable=False),
        sa.Column('outcome', sa.String(length=40), nullable=False),
        sa.Column('words', sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(['act_id'], ['bulk_acts.id'], ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['sale_id'], ['sales.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('act_id', 'place', name='uq_bulk_rows_act_id_place'),
    )
    op.create_index('ix_bulk_rows_outcome', 'bulk_rows', ['act_id', 'outcome', 'place'])
    op.create_index('ix_bulk_rows_sale_id', 'bulk_rows', ['sale_id'])


def downgrade():
    op.drop_table('bulk_rows')
    op.drop_table('bulk_acts')

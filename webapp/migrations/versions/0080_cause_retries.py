"""What waits for a cause is tried again by a person; causes in the orders of their list."""

import sqlalchemy as sa
from alembic import op

revision = '0080'
down_revision = '0079'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
IS_OWED = sa.text('due_at IS NOT NULL')


def upgrade():
    op.create_table(
        'cause_retries',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('cause_id', sa.Integer(), nullable=False),
        sa.Column('chosen', sa.JSON(), nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
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
        sa.ForeignKeyConstraint(['cause_id'], ['failure_causes.id'], name=op.f('fk_cause_retries_cause_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_cause_retries')),
    )
    op.create_index(
        'ix_cause_retries_due',
        'cause_retries',
        ['status', 'due_at'],
        sqlite_where=IS_OWED,
        postgresql_where=IS_OWED,
    )
    op.create_index('ix_cause_retries_cause_id', 'cause_retries', ['cause_id', 'id'])
    op.create_index('ix_failing_work_retried', 'failing_work', ['cause_id', 'id'])
    op.create_index('ix_failure_causes_amount', 'failure_causes', ['amount', 'waiting', 'id'])
    op.create_index('ix_failure_causes_last_at', 'failure_causes', ['last_at', 'id'])


def downgrade():
    op.drop_index('ix_failure_causes_last_at', 'failure_causes')
    op.drop_index('ix_failure_causes_amount', 'failure_causes')
    op.drop_index('ix_failing_work_retried', 'failing_work')
    op.drop_table('cause_retries')

"""Recurring work: each moment that it is owed for, and what a person has turned off."""

import sqlalchemy as sa
from alembic import op

revision = '0074'
down_revision = '0073'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('recurring_runs',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=20), nullable=False),
        sa.Column('owed_for', sa.DateTime(timezone=True), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('asked_by', sa.String(length=254), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease', sa.String(length=32), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('waits', sa.Integer(), nullable=False),
        sa.Column('unmet_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('name', 'owed_for'),
    )
    due = sa.text('due_at IS NOT NULL')
    op.create_index(
        'ix_recurring_runs_due', 'recurring_runs', ['status', 'due_at'], sqlite_where=due, postgresql_where=due
    )
    op.create_table('recurring_work_off',
        sa.Column('name', sa.String(length=20), nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('actor', sa.String(length=254), nullable=False),
        sa.Column('since', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('name'),
    )


def downgrade():
    op.drop_table('recurring_work_off')
    op.drop_table('recurring_runs')

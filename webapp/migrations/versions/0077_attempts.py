"""What was tried and what came of it; why something fails, and what waits for that."""

import sqlalchemy as sa
from alembic import op

revision = '0077'
down_revision = '0076'
branch_labels = None
depends_on = None

IN_VAIN = sa.text("outcome <> 'done'")
IN_VAIN_INDEXES = {
    'ix_attempts_in_vain': [],
    'ix_attempts_in_vain_queue': ['queue'],
    'ix_attempts_in_vain_step': ['kind', 'step'],
    'ix_attempts_in_vain_cause': ['cause_id'],
}


def upgrade():
    op.create_table(
        'failure_causes',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('fingerprint', sa.String(length=64), nullable=False),
        sa.Column('queue', sa.String(length=12), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('step', sa.String(length=20), nullable=False),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.Column('place', sa.String(length=200), nullable=False),
        sa.Column('trace', sa.Text(), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('healed', sa.Integer(), nullable=False),
        sa.Column('waiting', sa.Integer(), nullable=False),
        sa.Column('orders', sa.Integer(), nullable=False),
        sa.Column('amount', sa.BigInteger(), nullable=False),
        sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('state', sa.String(length=40), nullable=False),
        sa.Column('ignored_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ignored_below', sa.Integer(), nullable=True),
        sa.Column('actor', sa.String(length=254), nullable=False),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_failure_causes')),
        sa.UniqueConstraint('fingerprint', name=op.f('uq_failure_causes_fingerprint')),
    )
    op.create_index('ix_failure_causes_state_last_at', 'failure_causes', ['state', 'last_at'])
    op.create_table(
        'attempts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('row_id', sa.Integer(), nullable=False),
        sa.Column('step', sa.String(length=20), nullable=False),
        sa.Column('queue', sa.String(length=12), nullable=False),
        sa.Column('sale_id', sa.Integer(), nullable=True),
        sa.Column('outcome', sa.String(length=40), nullable=False),
        sa.Column('times', sa.Integer(), nullable=False),
        sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('waited_ms', sa.BigInteger(), nullable=False),
        sa.Column('took_ms', sa.BigInteger(), nullable=False),
        sa.Column('batch', sa.Integer(), nullable=False),
        sa.Column('worker', sa.String(length=40), nullable=False),
        sa.Column('cause_id', sa.Integer(), nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(['cause_id'], ['failure_causes.id'], name=op.f('fk_attempts_cause_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_attempts')),
    )
    op.create_index('ix_attempts_cause_id', 'attempts', ['cause_id', 'ended_at', 'id'])
    op.create_index('ix_attempts_ended_at', 'attempts', ['ended_at', 'id'])
    for name, columns in IN_VAIN_INDEXES.items():
        columns = [*columns, 'outcome', 'ended_at', 'id']
        op.create_index(name, 'attempts', columns, sqlite_where=IN_VAIN, postgresql_where=IN_VAIN)
    op.create_index('ix_attempts_queue', 'attempts', ['queue', 'ended_at', 'id'])
    op.create_index('ix_attempts_row', 'attempts', ['kind', 'row_id', 'id'])
    op.create_index('ix_attempts_sale_id', 'attempts', ['sale_id', 'id'])
    op.create_index('ix_attempts_step', 'attempts', ['kind', 'step', 'ended_at', 'id'])
    op.create_table(
        'failing_work',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('row_id', sa.Integer(), nullable=False),
        sa.Column('step', sa.String(length=20), nullable=False),
        sa.Column('cause_id', sa.Integer(), nullable=False),
        sa.Column('attempt_id', sa.Integer(), nullable=False),
        sa.Column('sale_id', sa.Integer(), nullable=True),
        sa.Column('counts_order', sa.Boolean(), nullable=False),
        sa.Column('amount', sa.BigInteger(), nullable=False),
        sa.Column('since', sa.DateTime(timezone=True), nullable=False),
        sa.Column('is_given_up', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['cause_id'], ['failure_causes.id'], name=op.f('fk_failing_work_cause_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_failing_work')),
        sa.UniqueConstraint('kind', 'row_id', 'step', name=op.f('uq_failing_work_kind_row_id_step')),
    )
    op.create_index('ix_failing_work_cause_id', 'failing_work', ['cause_id', 'since', 'id'])
    op.create_index('ix_failing_work_sale_id', 'failing_work', ['sale_id'])


def downgrade():
    op.drop_table('failing_work')
    op.drop_table('attempts')
    op.drop_table('failure_causes')

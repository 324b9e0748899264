"""Filters of lists under a name, and lists that go out by e-mail on a schedule."""

import sqlalchemy as sa
from alembic import op

revision = '0056'
down_revision = '0055'
branch_labels = None
depends_on = None


def times():
    return [
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    ]


def upgrade():
    op.add_column(
        'shop', sa.Column('views_mark', sa.Integer(), nullable=False, server_default='0')
    )
    op.create_table('views',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('owner_id', sa.Integer(), nullable=False),
        sa.Column('listing', sa.String(length=40), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('query', sa.JSON(), nullable=False),
        sa.Column('shared', sa.Boolean(), nullable=False),
        sa.Column('pinned', sa.Boolean(), nullable=False),
        *times(),
        sa.ForeignKeyConstraint(
            ['owner_id'], ['users.id'], name=op.f('fk_views_owner_id'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_views')),
        sa.UniqueConstraint('owner_id', 'listing', 'name', name=op.f('uq_views_owner_id_listing_name')),
    )
    op.create_index(
        'ix_views_shared', 'views', ['id'],
        sqlite_where=sa.text('shared = 1'), postgresql_where=sa.text('shared'),
    )
    op.create_table('export_schedules',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('recipient_id', sa.Integer(), nullable=False),
        sa.Column('listing', sa.String(length=40), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('query', sa.JSON(), nullable=False),
        sa.Column('ending', sa.String(length=8), nullable=False),
        sa.Column('rhythm', sa.String(length=40), nullable=False),
        sa.Column('weekday', sa.Integer(), nullable=False),
        sa.Column('day', sa.Integer(), nullable=False),
        sa.Column('hour', sa.Integer(), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('paused_for', sa.String(length=40), nullable=True),
        sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease', sa.String(length=32), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('waits', sa.Integer(), nullable=False),
        sa.Column('unmet_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        *times(),
        sa.ForeignKeyConstraint(
            ['recipient_id'], ['users.id'], name=op.f('fk_export_schedules_recipient_id'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_export_schedules')),
    )
    op.create_index('ix_export_schedules_recipient_id', 'export_schedules', ['recipient_id'])
    owed = sa.text('due_at IS NOT NULL')
    op.create_index(
        'ix_export_schedules_due', 'export_schedules', ['status', 'due_at'],
        sqlite_where=owed, postgresql_where=owed,
    )
    op.create_table('export_runs',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('schedule_id', sa.Integer(), nullable=False),
        sa.Column('owed_for', sa.DateTime(timezone=True), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('outcome', sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ['schedule_id'], ['export_schedules.id'], name=op.f('fk_export_runs_schedule_id'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_export_runs')),
        sa.UniqueConstraint('schedule_id', 'owed_for', name=op.f('uq_export_runs_schedule_id_owed_for')),
    )
    op.create_index('ix_export_runs_schedule_id', 'export_runs', ['schedule_id'])


def downgrade():
    op.drop_table('export_runs')
    op.drop_table('export_schedules')
    op.drop_table('views')
    op.drop_column('shop', 'views_mark')

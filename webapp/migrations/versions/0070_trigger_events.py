"""What rules hear beside a payment."""

import sqlalchemy as sa
from alembic import op

revision = '0070'
down_revision = '0069'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OWED = sa.text('due_at IS NOT NULL')


def upgrade():
    op.create_table('trigger_events',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('sale_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('event', sa.String(length=20), nullable=False),
        sa.Column('lines', sa.JSON(), nullable=True),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.Column('due_at', MOMENT, nullable=True),
        sa.Column('lease', sa.String(length=32), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('waits', sa.Integer(), nullable=False),
        sa.Column('unmet_since', MOMENT, nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(['sale_id'], ['sales.id'], name=op.f('fk_trigger_events_sale_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_trigger_events')),
        sa.UniqueConstraint('sale_id', 'event', name=op.f('uq_trigger_events_sale_id_event')),
    )
    op.create_index(
        'ix_trigger_events_due',
        'trigger_events',
        ['status', 'due_at'],
        sqlite_where=OWED,
        postgresql_where=OWED,
    )


def downgrade():
    op.drop_table('trigger_events')

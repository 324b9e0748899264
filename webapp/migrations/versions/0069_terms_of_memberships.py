"""Memberships end by their plan's term."""

import sqlalchemy as sa
from alembic import op

revision = '0069'
down_revision = '0068'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OWED = sa.text('due_at IS NOT NULL')
ADDED = (
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('reminded_of', sa.Date(), nullable=True),
    sa.Column('due_at', MOMENT, nullable=True),
    sa.Column('lease', sa.String(length=32), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False, server_default='0'),
    sa.Column('waits', sa.Integer(), nullable=False, server_default='0'),
    sa.Column('unmet_since', MOMENT, nullable=True),
    sa.Column('error', sa.String(length=300), nullable=False, server_default=''),
)


def upgrade():
    for column in ADDED:
        op.add_column('memberships', column)
    op.create_index('ix_memberships_ends_on', 'memberships', ['status', 'ends_on', 'id'])
    op.create_index(
        'ix_memberships_due',
        'memberships',
        ['status', 'due_at'],
        sqlite_where=OWED,
        postgresql_where=OWED,
    )
    op.add_column('membership_events', sa.Column('ends_on_before', sa.Date(), nullable=True))
    op.add_column('membership_events', sa.Column('ends_on', sa.Date(), nullable=True))
    op.add_column(
        'shop', sa.Column('membership_terms', sa.JSON(), nullable=False, server_default='{}')
    )


def downgrade():
    op.drop_column('shop', 'membership_terms')
    op.drop_column('membership_events', 'ends_on')
    op.drop_column('membership_events', 'ends_on_before')
    op.drop_index('ix_memberships_due', 'memberships')
    op.drop_index('ix_memberships_ends_on', 'memberships')
    for column in reversed(ADDED):
        op.drop_column('memberships', column.name)

"""What is owed knows how often and since when it is tried in vain; the postal code services know how
they are."""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

OWED = ('sales', 'invoices', 'effects', 'messages', 'backtests')


def upgrade():
    for table in OWED:
        op.add_column(table, sa.Column('waits', sa.Integer(), server_default='0', nullable=False))
        op.add_column(table, sa.Column('unmet_since', sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        'postal_providers',
        sa.Column('name', sa.String(length=20), nullable=False),
        sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('reason', sa.String(length=20), server_default='', nullable=False),
        sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('rests_until', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('name'),
    )


def downgrade():
    op.drop_table('postal_providers')
    for table in OWED:
        op.drop_column(table, 'unmet_since')
        op.drop_column(table, 'waits')

"""The environment is the shop's own, and each series stands apart in both."""

import sqlalchemy as sa
from alembic import op

revision = '0047'
down_revision = '0046'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        'series', sa.Column('other_next_number', sa.Integer(), nullable=False, server_default='1')
    )
    op.add_column(
        'shop',
        sa.Column(
            'nfe_environment', sa.String(length=12), nullable=False, server_default='homologation'
        ),
    )


def downgrade():
    op.drop_column('shop', 'nfe_environment')
    op.drop_column('series', 'other_next_number')

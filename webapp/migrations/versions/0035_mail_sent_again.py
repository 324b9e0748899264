"""How often a person has sent an e-mail again."""

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('messages', sa.Column('resent', sa.Integer(), nullable=False, server_default='0'))


def downgrade():
    op.drop_column('messages', 'resent')

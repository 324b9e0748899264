"""The guide of a shop's first days stays until it is done or put away. Shops at work have no use for
it."""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('shop', sa.Column('guide_closed', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(sa.text('UPDATE shop SET guide_closed = true WHERE EXISTS (SELECT 1 FROM sales)'))


def downgrade():
    op.drop_column('shop', 'guide_closed')

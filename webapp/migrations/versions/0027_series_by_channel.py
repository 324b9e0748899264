"""Each channel may be numbered in a series of its own."""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('shop', schema=None) as batch_op:
        batch_op.add_column(
            sa.Column('channel_series', sa.JSON(), nullable=False, server_default='{}')
        )
    with op.batch_alter_table('shop', schema=None) as batch_op:
        batch_op.alter_column('channel_series', server_default=None)


def downgrade():
    with op.batch_alter_table('shop', schema=None) as batch_op:
        batch_op.drop_column('channel_series')

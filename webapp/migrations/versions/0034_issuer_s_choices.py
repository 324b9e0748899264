"""What a shop chose for IBS and CBS, by day."""

import sqlalchemy as sa
from alembic import op

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('shop', schema=None) as batch_op:
        batch_op.add_column(
            sa.Column('ibs_cbs_choices', sa.JSON(), nullable=False, server_default='[]')
        )
    with op.batch_alter_table('shop', schema=None) as batch_op:
        batch_op.alter_column('ibs_cbs_choices', server_default=None)


def downgrade():
    with op.batch_alter_table('shop', schema=None) as batch_op:
        batch_op.drop_column('ibs_cbs_choices')

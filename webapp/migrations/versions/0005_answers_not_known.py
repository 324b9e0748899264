"""An invoice whose answer is not known says so itself, instead of by how often it was sent."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('invoices', sa.Column('answer_unknown', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE invoices SET answer_unknown = (1 = 1) WHERE status = 'sending' AND attempts > 0")


def downgrade():
    with op.batch_alter_table('invoices', schema=None) as batch_op:
        batch_op.drop_column('answer_unknown')

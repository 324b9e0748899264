"""Work that waits for a cause is given up together; what a person hurried did not heal by itself."""

import sqlalchemy as sa
from alembic import op

revision = '0081'
down_revision = '0080'
branch_labels = None
depends_on = None


def upgrade():
    no = sa.false()
    op.add_column('failing_work', sa.Column('is_hurried', sa.Boolean(), nullable=False, server_default=no))
    op.add_column('cause_retries', sa.Column('gives_up', sa.Boolean(), nullable=False, server_default=no))
    op.add_column('cause_retries', sa.Column('locale', sa.String(length=8), nullable=False, server_default=''))


def downgrade():
    op.drop_column('cause_retries', 'locale')
    op.drop_column('cause_retries', 'gives_up')
    op.drop_column('failing_work', 'is_hurried')

"""A version of a tax profile that follows a signed one holds once it is signed off itself."""

import sqlalchemy as sa
from alembic import op

revision = '0040'
down_revision = '0039'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('tax_profile_versions', schema=None) as batch_op:
        batch_op.add_column(
            sa.Column('signed_only', sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table('tax_profile_versions', schema=None) as batch_op:
        batch_op.alter_column('signed_only', server_default=None)


def downgrade():
    with op.batch_alter_table('tax_profile_versions', schema=None) as batch_op:
        batch_op.drop_column('signed_only')

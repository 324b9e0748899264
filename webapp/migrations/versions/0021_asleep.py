"""A shop that came out of a backup sleeps until somebody wakes it: its orders may have gone on
elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('shop', sa.Column('asleep_since', sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column('shop', 'asleep_since')

"""A session knows when its person last typed their password."""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('user_sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('proved_at', sa.DateTime(timezone=True), nullable=True))
    sessions = sa.table('user_sessions', sa.column('proved_at'), sa.column('created_at'))
    op.execute(sessions.update().values(proved_at=sessions.c.created_at))
    with op.batch_alter_table('user_sessions', schema=None) as batch_op:
        batch_op.alter_column('proved_at', existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade():
    with op.batch_alter_table('user_sessions', schema=None) as batch_op:
        batch_op.drop_column('proved_at')

"""A token has an owner, a last use and an end; those from before have a year left."""

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade():
    a_year_on = dt.datetime.now(dt.UTC) + dt.timedelta(days=365)
    with op.batch_alter_table('api_tokens', schema=None) as batch_op:
        batch_op.add_column(sa.Column('owner_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('used_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_api_tokens_owner_id', ['owner_id'], unique=False)
        batch_op.create_foreign_key('fk_api_tokens_owner_id_users', 'users', ['owner_id'], ['id'])
    tokens = sa.table('api_tokens', sa.column('expires_at', sa.DateTime(timezone=True)))
    op.execute(tokens.update().values(expires_at=a_year_on))
    with op.batch_alter_table('api_tokens', schema=None) as batch_op:
        batch_op.alter_column('expires_at', existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade():
    with op.batch_alter_table('api_tokens', schema=None) as batch_op:
        batch_op.drop_constraint('fk_api_tokens_owner_id_users', type_='foreignkey')
        batch_op.drop_index('ix_api_tokens_owner_id')
        batch_op.drop_column('used_at')
        batch_op.drop_column('expires_at')
        batch_op.drop_column('owner_id')

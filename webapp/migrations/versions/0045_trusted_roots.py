"""Roots that an administrator trusts for SEFAZ's servers."""

import sqlalchemy as sa
from alembic import op

revision = '0045'
down_revision = '0044'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('trusted_roots',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('fingerprint', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('pem', sa.String(length=24000), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_trusted_roots')),
        sa.UniqueConstraint('fingerprint', name=op.f('uq_trusted_roots_fingerprint')),
    )


def downgrade():
    op.drop_table('trusted_roots')

"""How far below the catalog's prices a role sells without a manager, and how far an order may go."""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

LIMITS = ('clerk_discount_limit', 'reviewer_discount_limit')


def upgrade():
    op.add_column('sales', sa.Column('discount_limit', sa.BigInteger(), nullable=True))
    for name in LIMITS:
        op.add_column('shop', sa.Column(name, sa.BigInteger(), nullable=True))
        op.execute(f'UPDATE shop SET {name} = 1000')
    op.add_column('shop', sa.Column('clerk_prices_locked', sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade():
    for name in ('clerk_prices_locked', *LIMITS):
        op.drop_column('shop', name)
    op.drop_column('sales', 'discount_limit')

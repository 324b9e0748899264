"""A product knows whether a manager stands for its price; those there are keep theirs."""

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('products', sa.Column('price_confirmed', sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade():
    op.drop_column('products', 'price_confirmed')

"""A SKU is looked for in whatever case it is written."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade():
    op.create_index('ix_products_lower_sku', 'products', [sa.text('lower(sku)')])


def downgrade():
    op.drop_index('ix_products_lower_sku', table_name='products')

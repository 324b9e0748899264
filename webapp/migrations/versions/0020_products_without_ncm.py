"""An index of the products on sale that go on the NF-e, by their NCM: those without one are
counted on the home page and on the list of products."""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade():
    op.create_index(
        'ix_products_on_nfe_ncm',
        'products',
        ['ncm', 'name', 'id'],
        sqlite_where=sa.text('archived_at IS NULL AND on_nfe = 1'),
        postgresql_where=sa.text('archived_at IS NULL AND on_nfe'),
    )


def downgrade():
    op.drop_index('ix_products_on_nfe_ncm', table_name='products')

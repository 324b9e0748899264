"""Why a line's price was typed over, and the shop's own reasons for giving back."""

import sqlalchemy as sa
from alembic import op

revision = '0067'
down_revision = '0066'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        'sale_lines',
        sa.Column('price_reason', sa.String(length=200), nullable=False, server_default=''),
    )
    op.add_column(
        'shop', sa.Column('give_back_reasons', sa.Text(), nullable=False, server_default='')
    )


def downgrade():
    op.drop_column('shop', 'give_back_reasons')
    op.drop_column('sale_lines', 'price_reason')

"""A sale keeps what only its NF-e tells; the companies that an NF-e names beside shop and buyer."""

import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade():
    # Without a new table on SQLite: the triggers of searching stay.
    op.add_column('sales', sa.Column('invoice_details', sa.JSON(none_as_null=True), nullable=True))
    op.create_table(
        'partners',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('code', sa.String(length=20), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('cnpj', sa.String(length=14), nullable=False),
        sa.Column('seller_id', sa.String(length=60), nullable=False),
        sa.Column('state_registration', sa.String(length=14), nullable=False),
        sa.Column('street', sa.String(length=60), nullable=False),
        sa.Column('city', sa.String(length=60), nullable=False),
        sa.Column('state', sa.String(length=2), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_partners')),
        sa.UniqueConstraint('kind', 'code', name=op.f('uq_partners_kind_code')),
    )


def downgrade():
    op.drop_table('partners')
    op.drop_column('sales', 'invoice_details')

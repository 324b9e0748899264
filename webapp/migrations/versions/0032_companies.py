"""What providers said about a CNPJ."""

import sqlalchemy as sa
from alembic import op

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('companies',
        sa.Column('cnpj', sa.String(length=14), nullable=False),
        sa.Column('found', sa.Boolean(), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('trade_name', sa.String(length=200), nullable=False),
        sa.Column('situation', sa.String(length=10), nullable=False),
        sa.Column('zip_code', sa.String(length=9), nullable=False),
        sa.Column('street', sa.String(length=500), nullable=False),
        sa.Column('number', sa.String(length=200), nullable=False),
        sa.Column('complement', sa.String(length=200), nullable=False),
        sa.Column('neighborhood', sa.String(length=200), nullable=False),
        sa.Column('city', sa.String(length=200), nullable=False),
        sa.Column('state', sa.String(length=2), nullable=False),
        sa.Column('ibge', sa.String(length=7), nullable=False),
        sa.Column('provider', sa.String(length=20), nullable=False),
        sa.Column('fetched_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('cnpj', name=op.f('pk_companies')),
    )


def downgrade():
    op.drop_table('companies')

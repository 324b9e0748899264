"""Kits and their parts."""

import sqlalchemy as sa
from alembic import op

revision = '0053'
down_revision = '0052'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('products', sa.Column('is_kit', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table('kit_parts',
        sa.Column('kit_id', sa.Integer(), nullable=False),
        sa.Column('part_id', sa.Integer(), nullable=False),
        sa.Column('quantity', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['kit_id'], ['products.id'], name=op.f('fk_kit_parts_kit_id_products'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['part_id'], ['products.id'], name=op.f('fk_kit_parts_part_id_products')),
        sa.PrimaryKeyConstraint('kit_id', 'part_id', name=op.f('pk_kit_parts')),
    )
    op.create_index(op.f('ix_kit_parts_part_id'), 'kit_parts', ['part_id'])


def downgrade():
    op.drop_table('kit_parts')
    op.drop_column('products', 'is_kit')

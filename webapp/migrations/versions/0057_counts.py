"""Counts of the shelf, and what orders have reserved of the stock."""

import sqlalchemy as sa
from alembic import op

revision = '0057'
down_revision = '0056'
branch_labels = None
depends_on = None

RESERVING = sa.text('sale_id IS NOT NULL AND left_at IS NULL')
MOMENT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table('counts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=80), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('scope', sa.String(length=40), nullable=False),
        sa.Column('among', sa.JSON(), nullable=False),
        sa.Column('includes_reserved', sa.Boolean(), nullable=False),
        sa.Column('begun_by', sa.String(length=254), nullable=False),
        sa.Column('fingerprint', sa.String(length=64), nullable=True),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('taken_by', sa.String(length=254), nullable=True),
        sa.Column('taken_at', MOMENT, nullable=True),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.Column('updated_at', MOMENT, nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_counts')),
        sa.UniqueConstraint('fingerprint', name=op.f('uq_counts_fingerprint')),
    )
    op.create_index('ix_counts_status_id', 'counts', ['status', 'id'])
    op.create_table('count_lines',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('count_id', sa.Integer(), nullable=False),
        sa.Column('product_id', sa.Integer(), nullable=False),
        sa.Column('counted', sa.Integer(), nullable=False),
        sa.Column('at', MOMENT, nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('expected', sa.Integer(), nullable=False),
        sa.Column('moved', sa.Integer(), nullable=True),
        sa.Column('counted_by', sa.String(length=254), nullable=False),
        sa.Column('entries', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['count_id'], ['counts.id'], name=op.f('fk_count_lines_count_id')),
        sa.ForeignKeyConstraint(
            ['product_id'],
            ['products.id'],
            name=op.f('fk_count_lines_product_id'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_count_lines')),
        sa.UniqueConstraint(
            'count_id', 'product_id', name=op.f('uq_count_lines_count_id_product_id')
        ),
    )
    op.create_index('ix_count_lines_product_id', 'count_lines', ['product_id'])
    op.create_index('ix_count_lines_count_id_at_id', 'count_lines', ['count_id', 'at', 'id'])
    op.add_column('stock_movements', sa.Column('left_at', MOMENT, nullable=True))
    _add_count_id()
    _let_go()
    op.create_index(
        'ix_stock_movements_reserving',
        'stock_movements',
        ['product_id', 'left_at', 'change'],
        sqlite_where=RESERVING,
        postgresql_where=RESERVING,
    )
    op.create_index('ix_stock_movements_product_id_at', 'stock_movements', ['product_id', 'at'])
    op.create_index('ix_stock_movements_product_id_id', 'stock_movements', ['product_id', 'id'])
    op.drop_index('ix_stock_movements_product_id', 'stock_movements')


def _add_count_id():
    """Without making the table anew, which is as large as all orders together."""
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(
            'ALTER TABLE stock_movements ADD COLUMN count_id INTEGER '
            'CONSTRAINT fk_stock_movements_count_id REFERENCES counts (id)'
        )
        return
    op.add_column('stock_movements', sa.Column('count_id', sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f('fk_stock_movements_count_id'), 'stock_movements', 'counts', ['count_id'], ['id']
    )


def _let_go():
    """Of the orders that have left already: since when, as well as that is known."""
    op.execute(
        'UPDATE stock_movements SET left_at = ('
        ' SELECT coalesce(packing_slips.shipped_at, sales.updated_at) FROM sales'
        ' LEFT JOIN packing_slips ON packing_slips.sale_id = sales.id'
        ' WHERE sales.id = stock_movements.sale_id)'
        ' WHERE sale_id IN (SELECT id FROM sales'
        " WHERE shipping IN ('shipped', 'delivered') OR (shipping = 'none'"
        " AND status IN ('invoiced', 'completed', 'cancelled')))"
    )


def downgrade():
    op.create_index('ix_stock_movements_product_id', 'stock_movements', ['product_id'])
    op.drop_index('ix_stock_movements_product_id_id', 'stock_movements')
    op.drop_index('ix_stock_movements_product_id_at', 'stock_movements')
    op.drop_index('ix_stock_movements_reserving', 'stock_movements')
    if op.get_bind().dialect.name != 'sqlite':
        op.drop_constraint('fk_stock_movements_count_id', 'stock_movements', type_='foreignkey')
    # SQLite's batch mode leaves a constraint out with its column.
    alone = {'resolve_fks': False}
    with op.batch_alter_table('stock_movements', reflect_kwargs=alone) as batch_op:
        batch_op.drop_column('count_id')
        batch_op.drop_column('left_at')
    op.drop_table('count_lines')
    op.drop_table('counts')

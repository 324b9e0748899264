"""The parcels of packing slips, and where a product stands."""

import sqlalchemy as sa
from alembic import op

revision = '0060'
down_revision = '0059'
branch_labels = None
depends_on = None

BEING_PACKED = sa.text('opened_at IS NOT NULL AND closed_at IS NULL')
# Each slip has one from the start; what is in those that were packed already was never told.
FIRST = """
    INSERT INTO parcels (slip_id, number, items, weight_g, carrier, tracking_code, station, entries,
                         opened_at, opened_by, closed_at, closed_by)
    SELECT id, 1, '[]', CASE WHEN packed_at IS NULL THEN 0 ELSE weight_g END, '', '', '', '[]',
           packed_at, '', packed_at, ''
    FROM packing_slips
"""


def upgrade():
    op.create_table('parcels',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('slip_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('items', sa.JSON(), nullable=False),
        sa.Column('weight_g', sa.Integer(), nullable=False),
        sa.Column('carrier', sa.String(length=60), nullable=False),
        sa.Column('tracking_code', sa.String(length=60), nullable=False),
        sa.Column('station', sa.String(length=60), nullable=False),
        sa.Column('entries', sa.JSON(), nullable=False),
        sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('opened_by', sa.String(length=254), nullable=False),
        sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('closed_by', sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(['slip_id'], ['packing_slips.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('slip_id', 'number', name='uq_parcels_slip_id_number'),
    )
    op.create_index(
        'ix_parcels_being_packed',
        'parcels',
        ['opened_at', 'id'],
        sqlite_where=BEING_PACKED,
        postgresql_where=BEING_PACKED,
    )
    op.execute(FIRST)
    op.add_column(
        'products', sa.Column('shelf', sa.String(length=20), nullable=False, server_default='')
    )


def downgrade():
    op.drop_column('products', 'shelf')
    op.drop_table('parcels')

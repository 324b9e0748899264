"""Carriers with where their parcels are followed and who sells their labels; the labels that are
bought, and what is told of their parcels."""

import sqlalchemy as sa
from alembic import op

revision = '0072'
down_revision = '0071'
branch_labels = None
depends_on = None

CARRIER = (('tracking_link', 200), ('label_provider', 20), ('label_service', 10))
BOX = (('box_height_cm', '10'), ('box_width_cm', '20'), ('box_length_cm', '30'))
COUNTS = "status NOT IN ('refused', 'cancelled')"


def upgrade():
    for name, length in CARRIER:
        op.add_column('partners', sa.Column(name, sa.String(length=length), nullable=False, server_default=''))
    op.add_column('shop', sa.Column('melhor_envio_sealed', sa.LargeBinary(), nullable=True))
    for name, usual in BOX:
        op.add_column('shop', sa.Column(name, sa.Integer(), nullable=False, server_default=usual))
    op.create_table('labels',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('slip_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('provider', sa.String(length=20), nullable=False),
        sa.Column('service', sa.String(length=10), nullable=False),
        sa.Column('service_name', sa.String(length=60), nullable=False),
        sa.Column('carrier', sa.String(length=60), nullable=False),
        sa.Column('price', sa.BigInteger(), nullable=False),
        sa.Column('height_cm', sa.Integer(), nullable=False),
        sa.Column('width_cm', sa.Integer(), nullable=False),
        sa.Column('length_cm', sa.Integer(), nullable=False),
        sa.Column('weight_g', sa.Integer(), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('reference', sa.String(length=40), nullable=False),
        sa.Column('provider_id', sa.String(length=40), nullable=False),
        sa.Column('bought_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('file', sa.LargeBinary(), nullable=True),
        sa.Column('tracking_code', sa.String(length=60), nullable=False),
        sa.Column('answer', sa.String(length=300), nullable=False),
        sa.Column('asked_by', sa.String(length=254), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease', sa.String(length=32), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('waits', sa.Integer(), nullable=False),
        sa.Column('unmet_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['slip_id'], ['packing_slips.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('reference'),
    )
    op.create_index(
        'ix_labels_of_parcel',
        'labels',
        ['slip_id', 'number'],
        unique=True,
        sqlite_where=sa.text(COUNTS),
        postgresql_where=sa.text(COUNTS),
    )
    op.create_index('ix_labels_slip_id_id', 'labels', ['slip_id', 'id'])
    op.create_index('ix_labels_status_due_at', 'labels', ['status', 'due_at'])
    op.create_table('tracking_events',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('label_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['label_id'], ['labels.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('label_id', 'kind'),
    )


def downgrade():
    op.drop_table('tracking_events')
    op.drop_table('labels')
    for name, _usual in reversed(BOX):
        op.drop_column('shop', name)
    op.drop_column('shop', 'melhor_envio_sealed')
    for name, _length in reversed(CARRIER):
        op.drop_column('partners', name)

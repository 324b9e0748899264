"""What the shop tells of notes issued against it, how far they were fetched, and their stock."""

import sqlalchemy as sa
from alembic import op

revision = '0046'
down_revision = '0045'
branch_labels = None
depends_on = None

OWED = (
    ('due_at', sa.DateTime(timezone=True), True),
    ('lease', sa.String(length=32), True),
    ('attempts', sa.Integer(), False),
    ('waits', sa.Integer(), False),
    ('unmet_since', sa.DateTime(timezone=True), True),
    ('error', sa.String(length=300), False),
)


def _owed():
    return [sa.Column(name, kind, nullable=nullable) for name, kind, nullable in OWED]


def upgrade():
    op.create_table('manifestations',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('note_id', sa.Integer(), nullable=False),
        sa.Column('stance', sa.String(length=40), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('reason', sa.String(length=255), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('asked_by', sa.String(length=254), nullable=False),
        sa.Column('signed_xml', sa.LargeBinary(), nullable=True),
        sa.Column('proc_xml', sa.LargeBinary(), nullable=True),
        sa.Column('protocol', sa.String(length=17), nullable=False),
        sa.Column('code', sa.String(length=4), nullable=False),
        sa.Column('answer', sa.String(length=300), nullable=False),
        sa.Column('registered_at', sa.DateTime(timezone=True), nullable=True),
        *_owed(),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['note_id'], ['incoming_notes.id'], name=op.f('fk_manifestations_note_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_manifestations')),
        sa.UniqueConstraint(
            'note_id', 'stance', 'sequence', name=op.f('uq_manifestations_note_id_stance_sequence')
        ),
    )
    op.create_index('ix_manifestations_status_due_at', 'manifestations', ['status', 'due_at'])
    op.create_table('inboxes',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('cnpj', sa.String(length=14), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('last_nsu', sa.BigInteger(), nullable=False),
        sa.Column('highest_nsu', sa.BigInteger(), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('code', sa.String(length=4), nullable=False),
        sa.Column('answer', sa.String(length=300), nullable=False),
        sa.Column('unread', sa.Integer(), nullable=False),
        *_owed(),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_inboxes')),
        sa.UniqueConstraint('cnpj', name=op.f('uq_inboxes_cnpj')),
    )
    op.create_table('stock_entry_lines',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('note_id', sa.Integer(), nullable=False),
        sa.Column('item', sa.Integer(), nullable=False),
        sa.Column('supplier', sa.String(length=20), nullable=False),
        sa.Column('code', sa.String(length=60), nullable=False),
        sa.Column('product_id', sa.Integer(), nullable=True),
        sa.Column('units', sa.Integer(), nullable=False),
        sa.Column('quantity', sa.Integer(), nullable=False),
        sa.Column('unit_cost', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ['note_id'], ['incoming_notes.id'], name=op.f('fk_stock_entry_lines_note_id')
        ),
        sa.ForeignKeyConstraint(
            ['product_id'],
            ['products.id'],
            name=op.f('fk_stock_entry_lines_product_id'),
            ondelete='SET NULL',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_entry_lines')),
        sa.UniqueConstraint('note_id', 'item', name=op.f('uq_stock_entry_lines_note_id_item')),
    )
    op.create_index(
        'ix_stock_entry_lines_supplier_code_id', 'stock_entry_lines', ['supplier', 'code', 'id']
    )
    op.create_index(
        op.f('ix_stock_entry_lines_product_id'), 'stock_entry_lines', ['product_id']
    )


def downgrade():
    for name in ('stock_entry_lines', 'inboxes', 'manifestations'):
        op.drop_table(name)

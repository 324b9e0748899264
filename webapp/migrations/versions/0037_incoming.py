"""Imports of files, and the notes and events that come in."""

import sqlalchemy as sa
from alembic import op

from webapp.migrations.searching import drop_index, make_index

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('imports',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('file_name', sa.String(length=200), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('rows', sa.Integer(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('accepted', sa.Integer(), nullable=False),
        sa.Column('known', sa.Integer(), nullable=False),
        sa.Column('refused', sa.Integer(), nullable=False),
        sa.Column('unmatched', sa.JSON(), nullable=False),
        sa.Column('asked_by', sa.String(length=254), nullable=False),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease', sa.String(length=32), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('waits', sa.Integer(), nullable=False),
        sa.Column('unmet_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_imports')),
    )
    op.create_index('ix_imports_status_due_at', 'imports', ['status', 'due_at'])
    op.create_table('import_parts',
        sa.Column('import_id', sa.Integer(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ['import_id'], ['imports.id'], name=op.f('fk_import_parts_import_id'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('import_id', 'position', name=op.f('pk_import_parts')),
    )
    op.create_table('import_rows',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('import_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('outcome', sa.String(length=40), nullable=False),
        sa.Column('problem', sa.String(length=40), nullable=False),
        sa.Column('key', sa.String(length=60), nullable=False),
        sa.Column('facts', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ['import_id'], ['imports.id'], name=op.f('fk_import_rows_import_id'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_import_rows')),
        sa.UniqueConstraint('import_id', 'number', name=op.f('uq_import_rows_import_id_number')),
    )
    op.create_index(
        'ix_import_rows_import_id_outcome_number', 'import_rows', ['import_id', 'outcome', 'number']
    )
    op.create_index('ix_import_rows_import_id_key', 'import_rows', ['import_id', 'key'])
    op.create_table('incoming_notes',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('access_key', sa.String(length=44), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('is_own', sa.Boolean(), nullable=False),
        sa.Column('series', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('issuer_document', sa.String(length=20), nullable=False),
        sa.Column('issuer_name', sa.String(length=60), nullable=False),
        sa.Column('recipient_document', sa.String(length=20), nullable=False),
        sa.Column('recipient_name', sa.String(length=60), nullable=False),
        sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('total', sa.BigInteger(), nullable=False),
        sa.Column('protocol', sa.String(length=17), nullable=False),
        sa.Column('verdicts', sa.JSON(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=True),
        sa.Column('has_content', sa.Boolean(), nullable=False),
        sa.Column('is_whole', sa.Boolean(), nullable=False),
        sa.Column('import_id', sa.Integer(), nullable=True),
        sa.Column('search_text', sa.Text(), nullable=False),
        sa.Column('stocked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['import_id'], ['imports.id'], name=op.f('fk_incoming_notes_import_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_incoming_notes')),
        sa.UniqueConstraint('access_key', name=op.f('uq_incoming_notes_access_key')),
    )
    op.create_index(
        'ix_incoming_notes_is_own_issued_at_id', 'incoming_notes', ['is_own', 'issued_at', 'id']
    )
    op.create_index(
        'ix_incoming_notes_view', 'incoming_notes', ['is_own', 'status', 'issued_at', 'id']
    )
    op.create_table('incoming_events',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('event_id', sa.String(length=54), nullable=False),
        sa.Column('access_key', sa.String(length=44), nullable=False),
        sa.Column('kind', sa.String(length=6), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('author', sa.String(length=20), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('text', sa.String(length=1000), nullable=False),
        sa.Column('protocol', sa.String(length=17), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_incoming_events')),
        sa.UniqueConstraint('event_id', name=op.f('uq_incoming_events_event_id')),
    )
    op.create_index(
        op.f('ix_incoming_events_access_key'), 'incoming_events', ['access_key']
    )
    make_index('incoming_notes')
    op.create_index('ix_products_lower_name', 'products', [sa.text('lower(name)')])


def downgrade():
    op.drop_index('ix_products_lower_name', 'products')
    drop_index('incoming_notes')
    for name in ('incoming_events', 'incoming_notes', 'import_rows', 'import_parts', 'imports'):
        op.drop_table(name)

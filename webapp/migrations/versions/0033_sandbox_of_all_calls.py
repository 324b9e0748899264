"""What the sandbox authority remembers beside notes."""

import sqlalchemy as sa
from alembic import op

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('sandbox_events',
        sa.Column('access_key', sa.String(length=44), nullable=False),
        sa.Column('kind', sa.String(length=6), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=4), nullable=False),
        sa.Column('protocol', sa.String(length=20), nullable=False),
        sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('proc_event', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('access_key', 'kind', 'sequence', name=op.f('pk_sandbox_events')),
    )
    op.create_table('sandbox_voidings',
        sa.Column('cnpj', sa.String(length=14), nullable=False),
        sa.Column('series', sa.Integer(), nullable=False),
        sa.Column('first', sa.Integer(), nullable=False),
        sa.Column('last', sa.Integer(), nullable=False),
        sa.Column('protocol', sa.String(length=20), nullable=False),
        sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ret_void', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('cnpj', 'series', 'first', name=op.f('pk_sandbox_voidings')),
    )
    op.create_table('sandbox_documents',
        sa.Column('nsu', sa.Integer(), nullable=False),
        sa.Column('cnpj', sa.String(length=14), nullable=False),
        sa.Column('access_key', sa.String(length=44), nullable=False),
        sa.Column('schema', sa.String(length=40), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('nsu', name=op.f('pk_sandbox_documents')),
    )
    op.create_index(op.f('ix_sandbox_documents_access_key'), 'sandbox_documents', ['access_key'])
    op.create_index('ix_sandbox_documents_cnpj', 'sandbox_documents', ['cnpj', 'nsu'])


def downgrade():
    op.drop_table('sandbox_documents')
    op.drop_table('sandbox_voidings')
    op.drop_table('sandbox_events')

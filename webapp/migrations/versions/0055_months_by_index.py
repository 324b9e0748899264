"""A month's NF-e counted by an index alone."""

from alembic import op

revision = '0055'
down_revision = '0054'
branch_labels = None
depends_on = None


def upgrade():
    op.drop_index('ix_invoices_issued_at', 'invoices')
    op.create_index('ix_invoices_issued_at', 'invoices', ['issued_at', 'series', 'status', 'number', 'id'])


def downgrade():
    op.drop_index('ix_invoices_issued_at', 'invoices')
    op.create_index('ix_invoices_issued_at', 'invoices', ['issued_at'])

"""NF-e are found by when they were changed last."""

from alembic import op

revision = '0084'
down_revision = '0083'
branch_labels = None
depends_on = None


def upgrade():
    op.create_index('ix_invoices_updated_at', 'invoices', ['updated_at', 'issued_at'])


def downgrade():
    op.drop_index('ix_invoices_updated_at', 'invoices')

"""The events of an NF-e, those that were refused too, found by it."""

from alembic import op

revision = '0049'
down_revision = '0048'
branch_labels = None
depends_on = None


def upgrade():
    op.create_index('ix_invoice_events_invoice_id_id', 'invoice_events', ['invoice_id', 'id'])


def downgrade():
    op.drop_index('ix_invoice_events_invoice_id_id', 'invoice_events')

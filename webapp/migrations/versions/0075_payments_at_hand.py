"""Told money by its sum and day, and what is strange about money by its age."""

import sqlalchemy as sa
from alembic import op

revision = '0075'
down_revision = '0074'
branch_labels = None
depends_on = None


def upgrade():
    op.create_index(
        'ix_receipts_told',
        'receipts',
        ['amount', 'day'],
        sqlite_where=sa.text('is_told = 1 AND statement_id IS NULL'),
        postgresql_where=sa.text('is_told AND statement_id IS NULL'),
    )
    still_open = sa.text('settled_at IS NULL')
    op.create_index(
        'ix_payment_findings_waiting',
        'payment_findings',
        ['created_at', 'id'],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def downgrade():
    op.drop_index('ix_payment_findings_waiting', table_name='payment_findings')
    op.drop_index('ix_receipts_told', table_name='receipts')

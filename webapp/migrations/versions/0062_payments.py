"""Payments: agreed fees, what providers collect and tell, the money that came, statements, and what
is strange about it."""

import sqlalchemy as sa
from alembic import op

revision = '0062'
down_revision = '0061'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('agreed_fees',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('method', sa.String(length=40), nullable=False),
        sa.Column('installments', sa.Integer(), nullable=False),
        sa.Column('percent', sa.BigInteger(), nullable=False),
        sa.Column('fixed', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_agreed_fees'),
        sa.UniqueConstraint('method', 'installments', name='uq_agreed_fees_method_installments')
    )
    op.create_table('payment_providers',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('provider', sa.String(length=40), nullable=False),
        sa.Column('base_url', sa.String(length=200), nullable=False),
        sa.Column('client_id', sa.String(length=200), nullable=False),
        sa.Column('secret_sealed', sa.LargeBinary(), nullable=True),
        sa.Column('token_sealed', sa.LargeBinary(), nullable=True),
        sa.Column('certificate_sealed', sa.LargeBinary(), nullable=True),
        sa.Column('refused_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_payment_providers'),
        sa.UniqueConstraint('provider', name='uq_payment_providers_provider')
    )
    op.create_table('statements',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('import_id', sa.Integer(), nullable=True),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('begins_on', sa.Date(), nullable=True),
        sa.Column('ends_on', sa.Date(), nullable=True),
        sa.Column('lines', sa.Integer(), nullable=False),
        sa.Column('matched', sa.Integer(), nullable=False),
        sa.Column('amount', sa.BigInteger(), nullable=False),
        sa.Column('fee', sa.BigInteger(), nullable=False),
        sa.Column('methods', sa.JSON(), nullable=False),
        sa.Column('channel', sa.String(length=20), nullable=False),
        sa.Column('orders_from', sa.Date(), nullable=True),
        sa.Column('orders_until', sa.Date(), nullable=True),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_statements'),
        sa.UniqueConstraint('import_id', name='uq_statements_import_id')
    )
    op.create_table('charges',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('sale_id', sa.Integer(), nullable=False),
        sa.Column('provider', sa.String(length=40), nullable=False),
        sa.Column('key', sa.String(length=64), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('asked', sa.Integer(), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease', sa.String(length=32), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('waits', sa.Integer(), nullable=False),
        sa.Column('unmet_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['sale_id'], ['sales.id'], name='fk_charges_sale_id', ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name='pk_charges'),
        sa.UniqueConstraint('provider', 'key', name='uq_charges_provider_key')
    )
    op.create_index('ix_charges_due', 'charges', ['status', 'due_at'], sqlite_where=sa.text('due_at IS NOT NULL'), postgresql_where=sa.text('due_at IS NOT NULL'))
    op.create_index('ix_charges_sale_id', 'charges', ['sale_id'])
    op.create_table('payment_notices',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('provider', sa.String(length=40), nullable=False),
        sa.Column('key', sa.String(length=80), nullable=False),
        sa.Column('payment_id', sa.String(length=80), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('times', sa.Integer(), nullable=False),
        sa.Column('sale_id', sa.Integer(), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease', sa.String(length=32), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('waits', sa.Integer(), nullable=False),
        sa.Column('unmet_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['sale_id'], ['sales.id'], name='fk_payment_notices_sale_id', ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id', name='pk_payment_notices'),
        sa.UniqueConstraint('provider', 'key', name='uq_payment_notices_provider_key')
    )
    op.create_index('ix_payment_notices_due', 'payment_notices', ['status', 'due_at'], sqlite_where=sa.text('due_at IS NOT NULL'), postgresql_where=sa.text('due_at IS NOT NULL'))
    op.create_index('ix_payment_notices_sale_id', 'payment_notices', ['sale_id'])
    op.create_index('ix_payment_notices_status_id', 'payment_notices', ['status', 'id'])
    op.create_table('receipts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(length=80), nullable=False),
        sa.Column('payment_id', sa.String(length=80), nullable=False),
        sa.Column('reference', sa.String(length=80), nullable=False),
        sa.Column('text', sa.String(length=200), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('amount', sa.BigInteger(), nullable=False),
        sa.Column('fee', sa.BigInteger(), nullable=True),
        sa.Column('part', sa.Integer(), nullable=False),
        sa.Column('parts', sa.Integer(), nullable=False),
        sa.Column('sale_id', sa.Integer(), nullable=True),
        sa.Column('is_told', sa.Boolean(), nullable=False),
        sa.Column('notice_id', sa.Integer(), nullable=True),
        sa.Column('statement_id', sa.Integer(), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['notice_id'], ['payment_notices.id'], name='fk_receipts_notice_id', ondelete='SET NULL'),
        sa.ForeignKeyConstraint(['sale_id'], ['sales.id'], name='fk_receipts_sale_id', ondelete='SET NULL'),
        sa.ForeignKeyConstraint(['statement_id'], ['statements.id'], name='fk_receipts_statement_id', ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name='pk_receipts'),
        sa.UniqueConstraint('key', name='uq_receipts_key')
    )
    op.create_index('ix_receipts_payment_id', 'receipts', ['payment_id'])
    op.create_index('ix_receipts_sale_id_id', 'receipts', ['sale_id', 'id'])
    op.create_index('ix_receipts_statement_id_id', 'receipts', ['statement_id', 'id'])
    op.create_table('payment_findings',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('receipt_id', sa.Integer(), nullable=True),
        sa.Column('sale_id', sa.Integer(), nullable=True),
        sa.Column('statement_id', sa.Integer(), nullable=True),
        sa.Column('expected', sa.BigInteger(), nullable=True),
        sa.Column('found', sa.BigInteger(), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('settled_by', sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(['receipt_id'], ['receipts.id'], name='fk_payment_findings_receipt_id', ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['sale_id'], ['sales.id'], name='fk_payment_findings_sale_id', ondelete='SET NULL'),
        sa.ForeignKeyConstraint(['statement_id'], ['statements.id'], name='fk_payment_findings_statement_id', ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name='pk_payment_findings')
    )
    op.create_index('ix_payment_findings_kind', 'payment_findings', ['kind', 'id'], sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))
    op.create_index('ix_payment_findings_open', 'payment_findings', ['id'], sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))
    op.create_index('ix_payment_findings_receipt_id', 'payment_findings', ['receipt_id'])
    op.create_index('ix_payment_findings_sale_id', 'payment_findings', ['sale_id'])
    op.create_index('ix_payment_findings_statement_id_id', 'payment_findings', ['statement_id', 'id'])


def downgrade():
    op.drop_table('payment_findings')
    op.drop_table('receipts')
    op.drop_table('payment_notices')
    op.drop_table('charges')
    op.drop_table('statements')
    op.drop_table('payment_providers')
    op.drop_table('agreed_fees')

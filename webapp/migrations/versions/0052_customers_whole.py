"""Customers with several addresses, notes and sums; merged and anonymised ones."""

import sqlalchemy as sa
from alembic import op

revision = '0052'
down_revision = '0051'
branch_labels = None
depends_on = None
BOUGHT = sa.text("paid_at IS NOT NULL AND status <> 'cancelled'")
INDEXES: dict[str, tuple] = {
    'ix_customers_without_document': (
        'id', 'document IS NULL AND merged_into_id IS NULL AND anonymised_at IS NULL'
    ),
    'ix_customers_email': ('email', "email <> ''"),
    'ix_customers_phone': ('phone', "phone <> ''"),
    'ix_customers_merged_into_id': ('merged_into_id', 'merged_into_id IS NOT NULL'),
}
PARTS = {
    'zip_code': 20, 'country': 2, 'state': 30, 'city': 200, 'neighborhood': 200, 'street': 200,
    'number': 200, 'complement': 200, 'ibge': 7,
}


def upgrade():
    op.execute(
        'ALTER TABLE customers ADD COLUMN merged_into_id INTEGER '
        'CONSTRAINT fk_customers_merged_into_id REFERENCES customers (id)'
    )
    for name in ('merged_at', 'anonymised_at'):
        op.add_column('customers', sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name, (column, condition) in INDEXES.items():
        where = sa.text(condition)
        op.create_index(name, 'customers', [column], sqlite_where=where, postgresql_where=where)
    op.create_table('customer_addresses',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('customer_id', sa.Integer(), nullable=False),
        sa.Column('label', sa.String(length=60), nullable=False),
        sa.Column('for_delivery', sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.String(length=length), nullable=False) for name, length in PARTS.items()),
        sa.Column('address_source', sa.JSON(), nullable=False),
        sa.Column('address_warnings', sa.JSON(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['customer_id'], ['customers.id'], name=op.f('fk_customer_addresses_customer_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_customer_addresses')),
    )
    op.create_index('ix_customer_addresses_customer_id', 'customer_addresses', ['customer_id'])
    op.create_table('customer_notes',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('customer_id', sa.Integer(), nullable=False),
        sa.Column('text', sa.String(length=2000), nullable=False),
        sa.Column('actor', sa.String(length=254), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['customer_id'], ['customers.id'], name=op.f('fk_customer_notes_customer_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_customer_notes')),
    )
    op.create_index('ix_customer_notes_customer_id_id', 'customer_notes', ['customer_id', 'id'])
    op.add_column(
        'sales', sa.Column('refunded_amount', sa.BigInteger(), nullable=False, server_default='0')
    )
    op.add_column(
        'sales',
        sa.Column('is_anonymised', sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.execute(
        'UPDATE sales SET refunded_amount = '
        '(SELECT sum(amount) FROM refunds WHERE refunds.sale_id = sales.id) '
        'WHERE id IN (SELECT sale_id FROM refunds)'
    )
    op.create_index('ix_sales_customer_id_id', 'sales', ['customer_id', 'id'])
    op.drop_index('ix_sales_customer_id', 'sales')
    op.create_index(
        'ix_sales_bought', 'sales', ['customer_id', 'paid_at', 'total', 'refunded_amount'],
        sqlite_where=BOUGHT, postgresql_where=BOUGHT,
    )


def downgrade():
    op.drop_index('ix_sales_bought', 'sales')
    op.create_index('ix_sales_customer_id', 'sales', ['customer_id'])
    op.drop_index('ix_sales_customer_id_id', 'sales')
    for name in ('is_anonymised', 'refunded_amount'):
        op.drop_column('sales', name)
    op.drop_table('customer_notes')
    op.drop_table('customer_addresses')
    for name in INDEXES:
        op.drop_index(name, 'customers')
    for name in ('anonymised_at', 'merged_at'):
        op.drop_column('customers', name)
    op.drop_column('customers', 'merged_into_id')

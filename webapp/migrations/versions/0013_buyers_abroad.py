"""A buyer abroad has a passport, or nothing, as document."""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

customers = sa.table('customers', sa.column('id', sa.Integer), sa.column('document', sa.String))


def upgrade():
    with op.batch_alter_table('customers', schema=None) as batch_op:
        batch_op.alter_column(
            'document', existing_type=sa.String(14), type_=sa.String(20), existing_nullable=False, nullable=True
        )
    without = sa.text('document IS NULL')
    op.create_index(
        'ix_customers_email_without_document', 'customers', ['email'], sqlite_where=without, postgresql_where=without
    )
    # SQLite keeps no lengths.
    if op.get_bind().dialect.name != 'sqlite':
        op.alter_column('sales', 'customer_document', type_=sa.String(20))


def downgrade():
    if op.get_bind().dialect.name != 'sqlite':
        op.alter_column('sales', 'customer_document', type_=sa.String(14), postgresql_using='left(customer_document, 14)')
    op.drop_index('ix_customers_email_without_document', table_name='customers')
    # A document that nobody has: it must be one, and each another.
    made_up = sa.literal('EX') + sa.cast(customers.c.id, sa.String)
    too_long = sa.func.length(customers.c.document) > 14
    op.execute(customers.update().where(customers.c.document.is_(None) | too_long).values(document=made_up))
    with op.batch_alter_table('customers', schema=None) as batch_op:
        batch_op.alter_column(
            'document', existing_type=sa.String(20), type_=sa.String(14), existing_nullable=True, nullable=False
        )

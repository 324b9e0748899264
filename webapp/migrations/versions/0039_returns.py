"""Return notes: what an NF-e is for, and which goods of which NF-e come back with it."""

import sqlalchemy as sa
from alembic import op

revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None
RETURNS = sa.text("purpose = 'return'")


def upgrade():
    op.add_column('invoices', sa.Column('purpose', sa.String(length=40), nullable=False, server_default='sale'))
    op.add_column('invoices', sa.Column('returned', sa.JSON(), nullable=True))
    if op.get_bind().dialect.name == 'sqlite':
        # Not as a batch, which would copy every file of every NF-e.
        op.execute('ALTER TABLE invoices ADD COLUMN origin_id INTEGER REFERENCES invoices (id)')
    else:
        op.add_column('invoices', sa.Column('origin_id', sa.Integer(), nullable=True))
        op.create_foreign_key(op.f('fk_invoices_origin_id'), 'invoices', 'invoices', ['origin_id'], ['id'])
    op.create_index('ix_invoices_returns', 'invoices', ['id'], sqlite_where=RETURNS, postgresql_where=RETURNS)


def downgrade():
    op.execute("DELETE FROM invoices WHERE purpose = 'return'")
    op.drop_index('ix_invoices_returns', table_name='invoices')
    with op.batch_alter_table('invoices') as batch_op:
        batch_op.drop_column('origin_id')
        batch_op.drop_column('returned')
        batch_op.drop_column('purpose')

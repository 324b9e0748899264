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
    op.add_column('invoices', sa.Column('origin_id', sa.Integer(), nullable=True))
    # SQLite takes a foreign key only with a table made anew, which would copy every file of every NF-e.
    if op.get_bind().dialect.name != 'sqlite':
        op.create_foreign_key(op.f('fk_invoices_origin_id'), 'invoices', 'invoices', ['origin_id'], ['id'])
    op.create_index('ix_invoices_returns', 'invoices', ['id'], sqlite_where=RETURNS, postgresql_where=RETURNS)


def downgrade():
    op.execute("DELETE FROM invoices WHERE purpose = 'return'")
    op.drop_index('ix_invoices_returns', table_name='invoices')
    for column in ('origin_id', 'returned', 'purpose'):
        op.drop_column('invoices', column)

"""What each NF-e adds to its month's account, the closings of months, and how far the kept files
were looked through. NF-e from before get their sums by and by, from the sweeper."""

import sqlalchemy as sa
from alembic import op

revision = '0041'
down_revision = '0040'
branch_labels = None
depends_on = None

AMOUNTS = ('total', 'base', 'icms', 'fcp', 'difal', 'fcp_there', 'pis', 'cofins', 'ibs', 'cbs')


def upgrade():
    op.create_table('invoice_sums',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('invoice_id', sa.Integer(), nullable=False),
        sa.Column('month', sa.String(length=7), nullable=False),
        sa.Column('state', sa.String(length=2), nullable=False),
        sa.Column('cfop', sa.String(length=4), nullable=False),
        sa.Column('cst', sa.String(length=3), nullable=False),
        sa.Column('rate', sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in AMOUNTS),
        sa.ForeignKeyConstraint(
            ['invoice_id'], ['invoices.id'], name=op.f('fk_invoice_sums_invoice_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice_sums')),
    )
    op.create_index('ix_invoice_sums_invoice_id', 'invoice_sums', ['invoice_id'])
    op.create_index(
        'ix_invoice_sums_month', 'invoice_sums', ['month', 'cfop', 'cst', 'rate', 'state']
    )
    op.create_table('closings',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('month', sa.String(length=7), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('recipient', sa.String(length=254), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('locked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('locked_by', sa.String(length=254), nullable=True),
        sa.Column('figures', sa.JSON(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease', sa.String(length=32), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('waits', sa.Integer(), nullable=False),
        sa.Column('unmet_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_closings')),
        sa.UniqueConstraint('month', name=op.f('uq_closings_month')),
    )
    owed = sa.text('due_at IS NOT NULL')
    op.create_index(
        'ix_closings_due', 'closings', ['status', 'due_at'],
        sqlite_where=owed, postgresql_where=owed,
    )
    watch = op.create_table('archive_watch',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('unsummed_upto', sa.Integer(), nullable=False),
        sa.Column('checked_on', sa.Date(), nullable=True),
        sa.Column('checked', sa.Integer(), nullable=False),
        sa.Column('faults', sa.Integer(), nullable=False),
        sa.Column('walked_to', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_archive_watch')),
    )
    invoices = sa.table('invoices', sa.column('id'))
    latest = sa.select(sa.func.coalesce(sa.func.max(invoices.c.id), 0)).scalar_subquery()
    op.execute(watch.insert().values(
        id=1, unsummed_upto=latest, checked=0, faults=0, walked_to=0
    ))
    op.add_column('shop', sa.Column('closing_day', sa.Integer(), nullable=True))
    op.add_column('shop', sa.Column(
        'accountant_email', sa.String(length=254), nullable=False, server_default=''
    ))


def downgrade():
    with op.batch_alter_table('shop') as batch:
        batch.drop_column('accountant_email')
        batch.drop_column('closing_day')
    op.drop_table('archive_watch')
    op.drop_table('closings')
    op.drop_table('invoice_sums')

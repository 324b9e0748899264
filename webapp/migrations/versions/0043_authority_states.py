"""How the authority's services are, contingency, and what is known of numbers and keys that others
have."""

import sqlalchemy as sa
from alembic import op

revision = '0043'
down_revision = '0042'
branch_labels = None
depends_on = None


def _owed():
    return (
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease', sa.String(length=32), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('waits', sa.Integer(), nullable=False),
        sa.Column('unmet_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
    )


IS_DUE, IS_PRESENT = sa.text('due_at IS NOT NULL'), sa.text('until IS NULL')


def upgrade():
    op.create_table('authority_services',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('authorizer', sa.String(length=8), nullable=False),
        sa.Column('service', sa.String(length=40), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('since', sa.DateTime(timezone=True), nullable=False),
        sa.Column('rests_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('code', sa.String(length=4), nullable=False),
        sa.Column('cause', sa.String(length=200), nullable=False),
        sa.Column('milliseconds', sa.JSON(), nullable=False),
        *_owed(),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_authority_services')),
        sa.UniqueConstraint('authorizer', 'service',
                            name=op.f('uq_authority_services_authorizer_service')),
    )
    op.create_index('ix_authority_services_due', 'authority_services', ['status', 'due_at'],
                    sqlite_where=IS_DUE, postgresql_where=IS_DUE)
    op.create_table('contingencies',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('since', sa.DateTime(timezone=True), nullable=False),
        sa.Column('reason', sa.String(length=256), nullable=False),
        sa.Column('by_itself', sa.Boolean(), nullable=False),
        sa.Column('until', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_contingencies')),
    )
    op.create_index('ix_contingencies_present', 'contingencies', [sa.text('(until IS NULL)')],
                    unique=True, sqlite_where=IS_PRESENT, postgresql_where=IS_PRESENT)
    op.create_table('earlier_sends',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('invoice_id', sa.Integer(), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('access_key', sa.String(length=44), nullable=False),
        sa.Column('signed_xml', sa.LargeBinary(), nullable=False),
        sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('protocol', sa.String(length=20), nullable=True),
        sa.Column('proc_xml', sa.LargeBinary(), nullable=True),
        *_owed(),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'],
                                name=op.f('fk_earlier_sends_invoice_id_invoices')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_earlier_sends')),
        sa.UniqueConstraint('access_key', name=op.f('uq_earlier_sends_access_key')),
    )
    op.create_index('ix_earlier_sends_due', 'earlier_sends', ['status', 'due_at'],
                    sqlite_where=IS_DUE, postgresql_where=IS_DUE)
    op.create_index(op.f('ix_earlier_sends_invoice_id'), 'earlier_sends', ['invoice_id'])
    op.create_table('foreign_numbers',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('series', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=4), nullable=False),
        sa.Column('access_key', sa.String(length=44), nullable=True),
        sa.Column('digest', sa.String(length=40), nullable=True),
        sa.Column('protocol', sa.String(length=20), nullable=True),
        sa.Column('received_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('is_cancelled', sa.Boolean(), nullable=False),
        sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('invoice_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'],
                                name=op.f('fk_foreign_numbers_invoice_id_invoices')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_foreign_numbers')),
        sa.UniqueConstraint('series', 'number', name=op.f('uq_foreign_numbers_series_number')),
    )
    op.create_index(op.f('ix_foreign_numbers_invoice_id'), 'foreign_numbers', ['invoice_id'])
    op.create_index('ix_foreign_numbers_received_at', 'foreign_numbers', ['received_at'])
    op.add_column('series', sa.Column('is_unsure', sa.Boolean(), nullable=False,
                                      server_default=sa.false()))
    with op.batch_alter_table('series') as series:
        series.alter_column('is_unsure', server_default=None)


def downgrade():
    with op.batch_alter_table('series') as series:
        series.drop_column('is_unsure')
    for name in ('foreign_numbers', 'earlier_sends', 'contingencies', 'authority_services'):
        op.drop_table(name)

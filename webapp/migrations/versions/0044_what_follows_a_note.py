"""Events of NF-e, voidings, and numbers that a person left out."""

import sqlalchemy as sa
from alembic import op

revision = '0044'
down_revision = '0043'
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
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    )


def _answer():
    return (
        sa.Column('code', sa.String(length=4), nullable=True),
        sa.Column('reason', sa.String(length=300), nullable=False),
        sa.Column('protocol', sa.String(length=20), nullable=True),
        sa.Column('signed_xml', sa.LargeBinary(), nullable=True),
        sa.Column('proc_xml', sa.LargeBinary(), nullable=True),
        sa.Column('has_file', sa.Boolean(), nullable=False),
        sa.Column('asked_by', sa.String(length=254), nullable=False),
    )


def _index_due(table):
    where = sa.text('due_at IS NOT NULL')
    op.create_index(f'ix_{table}_due', table, ['status', 'due_at'], sqlite_where=where, postgresql_where=where)


def upgrade():
    op.create_table('invoice_events',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('invoice_id', sa.Integer(), nullable=False),
        sa.Column('sale_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('sequence', sa.Integer(), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('text', sa.String(length=1000), nullable=False),
        sa.Column('facts', sa.JSON(), nullable=False),
        *_answer(),
        sa.Column('registered_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=True),
        *_owed(),
        sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_invoice_events_invoice_id_invoices')),
        sa.ForeignKeyConstraint(['sale_id'], ['sales.id'], name=op.f('fk_invoice_events_sale_id_sales')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice_events')),
    )
    stands = sa.text("status <> 'refused'")
    op.create_index('ix_invoice_events_sequence', 'invoice_events', ['invoice_id', 'kind', 'sequence'],
        unique=True, sqlite_where=stands, postgresql_where=stands)
    op.create_index(op.f('ix_invoice_events_sale_id'), 'invoice_events', ['sale_id'])
    op.create_index('ix_invoice_events_registered_at_id', 'invoice_events', ['registered_at', 'id'])
    _index_due('invoice_events')
    op.create_table('voidings',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('series', sa.Integer(), nullable=False),
        sa.Column('first', sa.Integer(), nullable=False),
        sa.Column('last', sa.Integer(), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('text', sa.String(length=255), nullable=False),
        *_answer(),
        sa.Column('received_at', sa.DateTime(timezone=True), nullable=True),
        *_owed(),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_voidings')),
    )
    op.create_index('ix_voidings_series_first', 'voidings', ['series', 'first'])
    op.create_index('ix_voidings_received_at_id', 'voidings', ['received_at', 'id'])
    _index_due('voidings')
    op.create_table('skipped_numbers',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('series', sa.Integer(), nullable=False),
        sa.Column('first', sa.Integer(), nullable=False),
        sa.Column('last', sa.Integer(), nullable=False),
        sa.Column('used_elsewhere', sa.Boolean(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_skipped_numbers')),
    )
    op.create_index('ix_skipped_numbers_series_first', 'skipped_numbers', ['series', 'first'])
    # An order may have a second NF-e, in the place of one that was cancelled, and a mail about it.
    by_rules = sa.text('effect_id IS NOT NULL')
    with op.batch_alter_table('messages', reflect_kwargs={'resolve_fks': False}) as messages:
        messages.drop_constraint('uq_messages_sale_id_template', type_='unique')
    op.create_index('ix_messages_sale_id_template', 'messages', ['sale_id', 'template'])
    op.create_index('ix_messages_of_effects', 'messages', ['sale_id', 'template'], unique=True,
        sqlite_where=by_rules, postgresql_where=by_rules)
    op.add_column('shop', sa.Column('cancellation_hours', sa.Integer(), nullable=True))
    op.add_column('shop', sa.Column('late_cancellation_hours', sa.Integer(), nullable=True))
    # What was left out before there was a table of it: between the numbers that notes bear, or
    # behind the last; and before the first, where another system stood.
    op.execute('''
        INSERT INTO skipped_numbers (series, "first", "last", used_elsewhere, created_at)
        SELECT series, number + 1, following - 1, false, CURRENT_TIMESTAMP FROM (
            SELECT invoices.series, invoices.number, LEAD(invoices.number, 1, series.next_number)
                OVER (PARTITION BY invoices.series ORDER BY invoices.number) AS following
            FROM invoices JOIN series ON series.number = invoices.series
            WHERE invoices.number IS NOT NULL
        ) AS numbers WHERE following > number + 1
    ''')
    op.execute('''
        INSERT INTO skipped_numbers (series, "first", "last", used_elsewhere, created_at)
        SELECT series.number, 1, COALESCE(
            (SELECT MIN(invoices.number) FROM invoices WHERE invoices.series = series.number),
            series.next_number) - 1, true, CURRENT_TIMESTAMP
        FROM series WHERE COALESCE(
            (SELECT MIN(invoices.number) FROM invoices WHERE invoices.series = series.number),
            series.next_number) > 1
    ''')


def downgrade():
    with op.batch_alter_table('shop') as shop:
        shop.drop_column('late_cancellation_hours')
        shop.drop_column('cancellation_hours')
    op.drop_index('ix_messages_of_effects', 'messages')
    op.drop_index('ix_messages_sale_id_template', 'messages')
    # Of two the later one stays.
    op.execute('''
        DELETE FROM messages WHERE id NOT IN (SELECT MAX(id) FROM messages GROUP BY sale_id, template)
    ''')
    with op.batch_alter_table('messages', reflect_kwargs={'resolve_fks': False}) as messages:
        messages.create_unique_constraint('uq_messages_sale_id_template', ['sale_id', 'template'])
    for table in ('skipped_numbers', 'voidings', 'invoice_events'):
        op.drop_table(table)

"""Drafts, backtests and firings of rules; effects that are retried and reversed; refunds; what fulfilment keeps."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('commission_payments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('agent_code', sa.String(length=20), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('paid_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('paid_by', sa.String(length=100), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_commission_payments')),
    sa.UniqueConstraint('month', 'agent_code', name=op.f('uq_commission_payments_month_agent_code'))
    )
    op.create_table('rule_firings',
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('sales', sa.Integer(), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('code', 'day', name=op.f('pk_rule_firings'))
    )
    op.create_table('rule_drafts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('base_id', sa.Integer(), nullable=False),
    sa.Column('rules', sa.JSON(), nullable=False),
    sa.Column('authors', sa.JSON(), nullable=False),
    sa.Column('status', sa.String(length=40), nullable=False),
    sa.Column('published_as', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['base_id'], ['rule_sets.id'], name=op.f('fk_rule_drafts_base_id')),
    sa.ForeignKeyConstraint(['published_as'], ['rule_sets.id'], name=op.f('fk_rule_drafts_published_as')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_drafts'))
    )
    with op.batch_alter_table('rule_drafts', schema=None) as batch_op:
        batch_op.create_index('ix_rule_drafts_open', ['status'], unique=True, sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))

    op.create_table('backtests',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('draft_id', sa.Integer(), nullable=False),
    sa.Column('base_id', sa.Integer(), nullable=False),
    sa.Column('draft_version', sa.Integer(), nullable=False),
    sa.Column('rules', sa.JSON(), nullable=False),
    sa.Column('status', sa.String(length=40), nullable=False),
    sa.Column('days', sa.Integer(), nullable=True),
    sa.Column('as_of', sa.Date(), nullable=True),
    sa.Column('cursor', sa.Integer(), nullable=False),
    sa.Column('upto', sa.Integer(), nullable=False),
    sa.Column('sales', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.Column('changes', sa.JSON(), nullable=False),
    sa.Column('asked_by', sa.String(length=100), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease', sa.String(length=32), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('error', sa.String(length=300), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['base_id'], ['rule_sets.id'], name=op.f('fk_backtests_base_id')),
    sa.ForeignKeyConstraint(['draft_id'], ['rule_drafts.id'], name=op.f('fk_backtests_draft_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_backtests'))
    )
    with op.batch_alter_table('backtests', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_backtests_draft_id'), ['draft_id'], unique=False)

    op.create_table('refunds',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sale_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('lines', sa.JSON(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('refunded_by', sa.String(length=100), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['sale_id'], ['sales.id'], name=op.f('fk_refunds_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refunds')),
    sa.UniqueConstraint('sale_id', 'key', name=op.f('uq_refunds_sale_id_key')),
    sa.UniqueConstraint('sale_id', 'number', name=op.f('uq_refunds_sale_id_number'))
    )
    op.create_table('membership_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('membership_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('plan_before', sa.String(length=40), nullable=True),
    sa.Column('status_before', sa.String(length=40), nullable=True),
    sa.Column('since_before', sa.Date(), nullable=True),
    sa.Column('plan', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=40), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('sale_id', sa.Integer(), nullable=True),
    sa.Column('effect_id', sa.Integer(), nullable=True),
    sa.Column('actor', sa.String(length=100), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['effect_id'], ['effects.id'], name=op.f('fk_membership_events_effect_id')),
    sa.ForeignKeyConstraint(['membership_id'], ['memberships.id'], name=op.f('fk_membership_events_membership_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sales.id'], name=op.f('fk_membership_events_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_membership_events')),
    sa.UniqueConstraint('effect_id', name=op.f('uq_membership_events_effect_id'))
    )
    with op.batch_alter_table('membership_events', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_membership_events_membership_id'), ['membership_id'], unique=False)
        batch_op.create_index('ix_membership_events_upgraded', ['membership_id'], unique=False, sqlite_where=sa.text("kind = 'upgraded'"), postgresql_where=sa.text("kind = 'upgraded'"))

    with op.batch_alter_table('decisions', schema=None) as batch_op:
        batch_op.create_index('ix_decisions_decided_at', ['decided_at'], unique=False)

    with op.batch_alter_table('effects', schema=None) as batch_op:
        batch_op.add_column(sa.Column('created_at', sa.DateTime(timezone=True), nullable=False, server_default='2026-01-01 00:00:00'))
        batch_op.add_column(sa.Column('due_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('lease', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('attempts', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('error', sa.String(length=300), nullable=False, server_default=''))
        batch_op.create_index('ix_effects_due', ['status', 'due_at'], unique=False, sqlite_where=sa.text('due_at IS NOT NULL'), postgresql_where=sa.text('due_at IS NOT NULL'))
        batch_op.create_index('ix_effects_reverses', ['reverses'], unique=False)
        batch_op.create_index('ix_effects_unfinished', ['status', 'id'], unique=False, sqlite_where=sa.text("status IN ('pending', 'failed')"), postgresql_where=sa.text("status IN ('pending', 'failed')"))

    with op.batch_alter_table('invoices', schema=None) as batch_op:
        batch_op.create_index('ix_invoices_spare', ['series', 'number'], unique=False, sqlite_where=sa.text("status = 'discarded' AND number IS NOT NULL"), postgresql_where=sa.text("status = 'discarded' AND number IS NOT NULL"))

    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.add_column(sa.Column('effect_id', sa.Integer(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_messages_effect_id'), ['effect_id'])
        batch_op.create_foreign_key(batch_op.f('fk_messages_effect_id'), 'effects', ['effect_id'], ['id'])

    with op.batch_alter_table('packing_slips', schema=None) as batch_op:
        batch_op.add_column(sa.Column('volumes', sa.Integer(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('notes', sa.String(length=500), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('packed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('shipped_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('version', sa.Integer(), nullable=False, server_default='1'))

    with op.batch_alter_table('rule_sets', schema=None) as batch_op:
        batch_op.add_column(sa.Column('drafted_by', sa.JSON(), nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('restores', sa.Integer(), nullable=True))

    with op.batch_alter_table('sale_lines', schema=None) as batch_op:
        batch_op.add_column(sa.Column('refunded', sa.Integer(), nullable=False, server_default='0'))

    with op.batch_alter_table('tasks', schema=None) as batch_op:
        batch_op.alter_column('effect_id',
               existing_type=sa.INTEGER(),
               nullable=True)
        batch_op.create_index('ix_tasks_code_id', ['code', 'id'], unique=False)

    op.execute("UPDATE effects SET created_at = (SELECT decided_at FROM decisions WHERE decisions.id = effects.decision_id)")


def downgrade():
    with op.batch_alter_table('tasks', schema=None) as batch_op:
        batch_op.drop_index('ix_tasks_code_id')
        batch_op.alter_column('effect_id',
               existing_type=sa.INTEGER(),
               nullable=False)

    with op.batch_alter_table('sale_lines', schema=None) as batch_op:
        batch_op.drop_column('refunded')

    with op.batch_alter_table('rule_sets', schema=None) as batch_op:
        batch_op.drop_column('restores')
        batch_op.drop_column('drafted_by')

    with op.batch_alter_table('packing_slips', schema=None) as batch_op:
        batch_op.drop_column('version')
        batch_op.drop_column('delivered_at')
        batch_op.drop_column('shipped_at')
        batch_op.drop_column('packed_at')
        batch_op.drop_column('notes')
        batch_op.drop_column('volumes')

    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_messages_effect_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_messages_effect_id'), type_='unique')
        batch_op.drop_column('effect_id')

    with op.batch_alter_table('invoices', schema=None) as batch_op:
        batch_op.drop_index('ix_invoices_spare', sqlite_where=sa.text("status = 'discarded' AND number IS NOT NULL"), postgresql_where=sa.text("status = 'discarded' AND number IS NOT NULL"))

    with op.batch_alter_table('effects', schema=None) as batch_op:
        batch_op.drop_index('ix_effects_unfinished', sqlite_where=sa.text("status IN ('pending', 'failed')"), postgresql_where=sa.text("status IN ('pending', 'failed')"))
        batch_op.drop_index('ix_effects_reverses')
        batch_op.drop_index('ix_effects_due', sqlite_where=sa.text('due_at IS NOT NULL'), postgresql_where=sa.text('due_at IS NOT NULL'))
        batch_op.drop_column('error')
        batch_op.drop_column('attempts')
        batch_op.drop_column('lease')
        batch_op.drop_column('due_at')
        batch_op.drop_column('created_at')

    with op.batch_alter_table('decisions', schema=None) as batch_op:
        batch_op.drop_index('ix_decisions_decided_at')

    with op.batch_alter_table('membership_events', schema=None) as batch_op:
        batch_op.drop_index('ix_membership_events_upgraded', sqlite_where=sa.text("kind = 'upgraded'"), postgresql_where=sa.text("kind = 'upgraded'"))
        batch_op.drop_index(batch_op.f('ix_membership_events_membership_id'))

    op.drop_table('membership_events')
    op.drop_table('refunds')
    with op.batch_alter_table('backtests', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_backtests_draft_id'))

    op.drop_table('backtests')
    with op.batch_alter_table('rule_drafts', schema=None) as batch_op:
        batch_op.drop_index('ix_rule_drafts_open', sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))

    op.drop_table('rule_drafts')
    op.drop_table('rule_firings')
    op.drop_table('commission_payments')

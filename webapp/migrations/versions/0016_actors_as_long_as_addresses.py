"""Who did something may have an e-mail address of any length."""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

ACTORS = (
    ('audit_entries', 'actor'),
    ('commission_payments', 'paid_by'),
    ('invoices', 'reviewer'),
    ('membership_events', 'actor'),
    ('refunds', 'refunded_by'),
    ('rule_sets', 'published_by'),
    ('backtests', 'asked_by'),
    ('stock_movements', 'actor'),
)


def upgrade():
    # SQLite keeps no lengths.
    if op.get_bind().dialect.name != 'sqlite':
        for table, column in ACTORS:
            op.alter_column(table, column, type_=sa.String(254))


def downgrade():
    if op.get_bind().dialect.name != 'sqlite':
        for table, column in ACTORS:
            op.alter_column(table, column, type_=sa.String(100), postgresql_using=f'left({column}, 100)')

"""What waits for a person, by indexes of its own; since when a held order waits."""

import sqlalchemy as sa
from alembic import op

revision = '0071'
down_revision = '0070'
branch_labels = None
depends_on = None

# By the name of an index: its table, its columns, and on SQLite and PostgreSQL which rows it holds.
INDEXES = {
    'ix_sales_needs_person_step': (
        'sales', ['step', 'waits_since', 'id'], 'needs_person = 1', 'needs_person'
    ),
    'ix_sales_unpaid': (
        'sales',
        ['status', 'created_at', 'id'],
        "status = 'open' AND NOT (paid_at IS NOT NULL)",
        "status = 'open' AND NOT (paid_at IS NOT NULL)",
    ),
    'ix_invoices_returns_rejected': (
        'invoices',
        ['status', 'created_at', 'id'],
        "purpose = 'return' AND status = 'rejected'",
        "purpose = 'return' AND status = 'rejected'",
    ),
    'ix_tasks_open': (
        'tasks',
        ['created_at', 'id'],
        'NOT (done_at IS NOT NULL)',
        'NOT (done_at IS NOT NULL)',
    ),
    'ix_effects_failed': (
        'effects',
        ['created_at', 'id'],
        "status = 'failed' AND kind <> 'email'",
        "status = 'failed' AND kind <> 'email'",
    ),
    'ix_messages_failed': (
        'messages', ['status', 'created_at', 'id'], "status = 'failed'", "status = 'failed'"
    ),
}
WITHOUT_NOTE = (
    "NOT EXISTS (SELECT 1 FROM invoices WHERE invoices.sale_id = sales.id "
    "AND invoices.status <> 'discarded' AND invoices.purpose = 'sale')"
)


def upgrade():
    op.execute(
        "UPDATE sales SET waits_since = updated_at "
        "WHERE waits_since IS NULL AND (needs_person OR status = 'review')"
    )
    op.execute(
        "UPDATE sales SET needs_person = true, reason_code = 'held' "
        f"WHERE status = 'review' AND {WITHOUT_NOTE}"
    )
    for name, (table, columns, sqlite, postgresql) in INDEXES.items():
        op.create_index(
            name, table, columns, sqlite_where=sa.text(sqlite), postgresql_where=sa.text(postgresql)
        )


def downgrade():
    for name, (table, *_others) in INDEXES.items():
        op.drop_index(name, table_name=table)
    op.execute(
        "UPDATE sales SET needs_person = false, reason_code = NULL WHERE reason_code = 'held'"
    )

"""What waits for a person is read in the order of its money, too."""

import sqlalchemy as sa
from alembic import op

revision = '0086'
down_revision = '0085'
branch_labels = None
depends_on = None

UNPAID = "status = 'open' AND NOT (paid_at IS NOT NULL)"
WAITING = "status IN ('review', 'rejected')"
NEEDS_PERSON = {'sqlite': 'needs_person = 1', 'postgresql': 'needs_person'}


def upgrade():
    needs_person = NEEDS_PERSON[op.get_bind().dialect.name]
    for name, table, column, where in (
        ('ix_sales_needs_person_total', 'sales', 'step', needs_person),
        ('ix_sales_unpaid_total', 'sales', 'status', UNPAID),
        ('ix_invoices_waiting_total', 'invoices', 'status', WAITING),
    ):
        only, dearest = sa.text(where), sa.text('total DESC')
        op.create_index(
            name, table, [column, dearest, 'id'], sqlite_where=only, postgresql_where=only
        )


def downgrade():
    op.drop_index('ix_invoices_waiting_total', 'invoices')
    op.drop_index('ix_sales_unpaid_total', 'sales')
    op.drop_index('ix_sales_needs_person_total', 'sales')

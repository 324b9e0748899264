"""A review queue by age and reason, an NF-e's version that was rejected, and four eyes."""

import json

import sqlalchemy as sa
from alembic import op

revision = '0042'
down_revision = '0041'
branch_labels = None
depends_on = None

WAITING = sa.text("status IN ('review', 'rejected')")
INDEXES = {
    'ix_invoices_waiting': ['status', 'created_at', 'id'],
    'ix_invoices_reason': ['status', 'reason', 'created_at', 'id'],
}


def upgrade():
    op.add_column(
        'invoices', sa.Column('reason', sa.String(length=40), nullable=False, server_default='')
    )
    op.add_column('invoices', sa.Column('former_xml', sa.LargeBinary(), nullable=True))
    op.add_column(
        'shop', sa.Column('four_eyes', sa.Boolean(), nullable=False, server_default=sa.false())
    )
    for name, columns in INDEXES.items():
        op.create_index(
            name, 'invoices', columns, sqlite_where=WAITING, postgresql_where=WAITING
        )
    _tell_reasons()


def _tell_reasons():
    invoices = sa.table(
        'invoices', sa.column('id'), sa.column('status'), sa.column('held_by'),
        sa.column('rejected_by'), sa.column('rejection_code'), sa.column('reason'),
    )
    rows = op.get_bind().execute(sa.select(invoices).where(WAITING)).all()
    for row in rows:
        held_by = json.loads(row.held_by) if isinstance(row.held_by, str) else row.held_by
        if row.status == 'review':
            reason = (held_by[0]['rule'] or held_by[0]['reason']) if held_by else ''
        else:
            reason = row.rejection_code if row.rejected_by == 'reviewer' else 'other'
        op.execute(
            invoices.update().where(invoices.c.id == row.id).values(reason=(reason or 'other')[:40])
        )


def downgrade():
    for name in INDEXES:
        op.drop_index(name, table_name='invoices')
    op.drop_column('shop', 'four_eyes')
    op.drop_column('invoices', 'former_xml')
    op.drop_column('invoices', 'reason')

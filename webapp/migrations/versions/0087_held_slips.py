"""Held slips in the order of their list, which is that of the orders."""

import sqlalchemy as sa
from alembic import op

revision = '0087'
down_revision = '0086'
branch_labels = None
depends_on = None

HELD = sa.text('released_at IS NULL')


def upgrade():
    _make_anew(['sale_id'])


def downgrade():
    _make_anew(['id'])


def _make_anew(columns):
    op.drop_index('ix_packing_slips_held', 'packing_slips')
    op.create_index(
        'ix_packing_slips_held',
        'packing_slips',
        columns,
        sqlite_where=HELD,
        postgresql_where=HELD,
    )

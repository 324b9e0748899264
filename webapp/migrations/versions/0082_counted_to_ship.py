"""What waits to leave is counted in its indexes alone, by the state of its goods."""

import sqlalchemy as sa
from alembic import op

revision = '0082'
down_revision = '0081'
branch_labels = None
depends_on = None

TO_SHIP = "shipping IN ('to_pack', 'packed')"
MAY_LEAVE = f"{TO_SHIP} AND status IN ('invoiced', 'completed')"
UNDER_WAY = "shipping <> 'none' AND status NOT IN ('invoiced', 'completed', 'cancelled')"


def _index(name, table, columns, where):
    told = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=told, postgresql_where=told)


def _anew(to_ship, columns, under_way):
    for name in ('ix_sales_to_ship', 'ix_sales_goods_under_way'):
        op.drop_index(name, 'sales')
    _index('ix_sales_to_ship', 'sales', columns, to_ship)
    _index('ix_sales_goods_under_way', 'sales', under_way, UNDER_WAY)


def upgrade():
    _anew(MAY_LEAVE, ['shipping', 'id', 'status'], ['id', 'status', 'shipping'])


def downgrade():
    _anew(TO_SHIP, ['status', 'id'], ['id'])

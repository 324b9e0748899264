"""The list of products by supplier, by category, by tax profile, and by what they lack."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0050'
down_revision = '0049'
branch_labels = None
depends_on = None

CHOSEN = ('supplier', 'category')
ON_NFE = ('gtin', 'tax_profile')
DIALECTS = {'sqlite': 'on_nfe = 1', 'postgresql': 'on_nfe'}
LACKS = {
    'weight_g': '{on_nfe} AND weight_g = 0',
    'price': 'price = 0',
    'cost': '{on_nfe} AND cost IS NULL',
}
ANYTHING = (
    "CASE WHEN ({on_nfe} AND ncm = '' OR {on_nfe} AND gtin = '' OR {on_nfe} AND weight_g = 0 OR price = 0 "
    "OR {on_nfe} AND cost IS NULL) THEN 1 END = 1"
)


def upgrade():
    for name in CHOSEN:
        _index(f'on_sale_{name}', [name, 'name', 'id'])
    for name in ON_NFE:
        _index(f'on_nfe_{name}', [name, 'name', 'id'], '{on_nfe}')
    for name, rows in (LACKS | {'anything': ANYTHING}).items():
        keys = ['price'] * (name == 'price')
        _index(f'lacks_{name}', [*keys, 'name', 'id'], rows)


def _index(name, columns, rows=''):
    where: dict[str, Any] = {
        f'{dialect}_where': sa.text(
            'archived_at IS NULL' + (rows and ' AND ' + rows.format(on_nfe=on_nfe))
        )
        for dialect, on_nfe in DIALECTS.items()
    }
    op.create_index(f'ix_products_{name}', 'products', columns, **where)


def downgrade():
    for name in ('anything', *reversed(LACKS)):
        op.drop_index(f'ix_products_lacks_{name}', 'products')
    for name in reversed(ON_NFE):
        op.drop_index(f'ix_products_on_nfe_{name}', 'products')
    for name in reversed(CHOSEN):
        op.drop_index(f'ix_products_on_sale_{name}', 'products')

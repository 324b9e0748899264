"""A SKU and an agent's code are one in whatever case they are written; bar codes are found by an index."""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

CODES = {'products': 'sku', 'agents': 'code'}
SCANNED = ('gtin', 'isbn')


def upgrade():
    _refuse_twins()
    op.drop_index('ix_products_lower_sku', table_name='products')
    for table, column in CODES.items():
        op.create_index(f'ux_{table}_lower_{column}', table, [sa.text(f'lower({column})')], unique=True)
    for column in SCANNED:
        op.create_index(f'ix_products_{column}', 'products', [column])


def downgrade():
    for column in SCANNED:
        op.drop_index(f'ix_products_{column}', table_name='products')
    for table, column in CODES.items():
        op.drop_index(f'ux_{table}_lower_{column}', table_name=table)
    op.create_index('ix_products_lower_sku', 'products', [sa.text('lower(sku)')])


def _refuse_twins():
    for table, column in CODES.items():
        groups = f'SELECT lower({column}) FROM {table} GROUP BY lower({column}) HAVING count(*) > 1'
        twins = sa.text(f'SELECT {column} FROM {table} WHERE lower({column}) IN ({groups}) ORDER BY lower({column}), 1')
        found = list(op.get_bind().scalars(twins))
        if found:
            raise RuntimeError(
                f'{table}.{column}: these differ only in upper and lower case: {", ".join(found)}. From this version '
                'on they are one code. Nothing of it was changed: start the version before, give each but one of '
                'them another code, and upgrade again.'
            )

"""Search texts hold every fact that a list is asked for, and codes without their punctuation."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

AT_ONCE = 2000
SEARCHED = {
    'sales': (
        'reference', 'customer_name', 'customer_document', 'customer_email', 'customer_phone', 'city', 'zip_code', 'tracking_code',
    ),
    'customers': ('name', 'document', 'email', 'phone', 'city', 'zip_code'),
    'products': ('sku', 'name', 'gtin', 'isbn', 'author'),
}


def upgrade():
    for name, facts in SEARCHED.items():
        _rewrite(name, facts)


def downgrade():
    # The older texts were a part of these; what finds by less finds as before.
    pass


def _rewrite(name, facts):
    table = sa.table(name, sa.column('id'), sa.column('search_text'), *map(sa.column, facts))
    change = table.update().where(table.c.id == sa.bindparam('row')).values(search_text=sa.bindparam('text'))
    columns, connection, last = [table.c[fact] for fact in facts], op.get_bind(), 0
    some = sa.select(table.c.id, *columns).order_by(table.c.id).limit(AT_ONCE)
    while rows := connection.execute(some.where(table.c.id > last)).all():
        connection.execute(change, [{'row': row[0], 'text': _searchable(row[1:])} for row in rows])
        last = rows[-1][0]


def _searchable(facts):
    codes = (re.sub(r'[\s.\-/()+]', '', fact) for fact in facts if re.search('[0-9]', fact))
    plain = unicodedata.normalize('NFKD', ' '.join(fact for fact in dict.fromkeys((*facts, *codes)) if fact))
    return ''.join(char for char in plain if not unicodedata.combining(char)).casefold()

"""A sale knows since when it waits and whether a person is asked; a checkout's long address texts
are taken."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

TEXTS = ('city', 'neighborhood', 'street', 'number', 'complement')
BEFORE = {'zip_code': 10, 'state': 2} | dict.fromkeys(TEXTS, 60)
AFTER = {'zip_code': 20, 'state': 30} | dict.fromkeys(TEXTS, 200)
sales = sa.table(
    'sales',
    sa.column('status', sa.String),
    sa.column('updated_at', sa.DateTime(timezone=True)),
    sa.column('waits_since', sa.DateTime(timezone=True)),
    sa.column('needs_person', sa.Boolean),
)


def upgrade():
    op.add_column('sales', sa.Column('waits_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('sales', sa.Column('needs_person', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        sales.update()
        .where(sales.c.status == 'attention')
        .values(needs_person=True, waits_since=sales.c.updated_at)
    )
    op.create_index(
        'ix_sales_needs_person_id',
        'sales',
        ['needs_person', 'id'],
        sqlite_where=sa.text('needs_person = 1'),
        postgresql_where=sa.text('needs_person'),
    )
    _lengths(AFTER)


def downgrade():
    _lengths(BEFORE, cut=True)
    op.drop_index('ix_sales_needs_person_id', table_name='sales')
    op.drop_column('sales', 'needs_person')
    op.drop_column('sales', 'waits_since')


def _lengths(longest, cut=False):
    # SQLite keeps none.
    if op.get_bind().dialect.name == 'sqlite':
        return
    for name in ('customers', 'sales'):
        for part, length in longest.items():
            shortened = f'left({part}, {length})' if cut else None
            op.alter_column(name, part, type_=sa.String(length), postgresql_using=shortened)

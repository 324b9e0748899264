"""Tax profiles in versions, which product and category takes which, rates of states, and values of
the fiscal calendar. Every shop begins with the same examples."""

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

# Code, name, nature, activity of Simples, IBS/CBS, and for each regime: ICMS, PIS/COFINS.
EXAMPLES = (
    ('goods', 'Mercadoria para revenda', 'resale', '01', ('000', '000001'), {'simples': ('102', '49'), 'normal': ('00', '01')}),
    ('book', 'Livro', 'resale', '01', ('410', '410008'), {'simples': ('300', '49'), 'normal': ('41', '06')}),
    ('gift', 'Brinde', 'gift', '90', ('410', '410001'), {'simples': ('400', '49'), 'normal': ('41', '08')}),
    ('export', 'Exportação', 'resale', '01', ('410', '410004'), {'simples': ('300', '49'), 'normal': ('41', '08')}),
)


def upgrade():
    versions = op.create_table('tax_profile_versions',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=40), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=80), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('regime', sa.String(length=8), nullable=False),
        sa.Column('nature', sa.String(length=12), nullable=False),
        sa.Column('icms', sa.String(length=3), nullable=False),
        sa.Column('reduction', sa.BigInteger(), nullable=False),
        sa.Column('credit_rate', sa.BigInteger(), nullable=False),
        sa.Column('origin', sa.String(length=1), nullable=False),
        sa.Column('cest', sa.String(length=7), nullable=False),
        sa.Column('benefit_code', sa.String(length=10), nullable=False),
        sa.Column('pis_cofins', sa.String(length=2), nullable=False),
        sa.Column('ibs_cbs', sa.String(length=3), nullable=False),
        sa.Column('ibs_cbs_class', sa.String(length=6), nullable=False),
        sa.Column('activity', sa.String(length=2), nullable=False),
        sa.Column('written_by', sa.String(length=254), nullable=False),
        sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('signed_off_by', sa.String(length=254), nullable=True),
        sa.Column('signed_off_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('code', 'number'),
        sa.UniqueConstraint('code', 'regime', 'valid_from'),
    )
    choices = op.create_table('tax_choices',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('of', sa.String(length=8), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('profile', sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('of', 'name'),
    )
    op.create_table('state_rates',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=2), nullable=False),
        sa.Column('ncm', sa.String(length=8), nullable=False),
        sa.Column('sku', sa.String(length=60), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('icms', sa.BigInteger(), nullable=False),
        sa.Column('fcp', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('state', 'ncm', 'sku', 'valid_from'),
    )
    op.create_table('calendar_values',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=40), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('value', sa.BigInteger(), nullable=False),
        sa.Column('source', sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('code', 'valid_from'),
    )
    op.add_column('shop', sa.Column('tax_book_version', sa.String(length=32), nullable=False, server_default=''))
    op.add_column('products', sa.Column('tax_profile', sa.String(length=40), nullable=False, server_default=''))
    op.add_column('invoices', sa.Column('tax_profiles', sa.JSON(), nullable=False, server_default='[]'))
    nothing = {'reduction': 0, 'credit_rate': 0, 'origin': '', 'cest': '', 'benefit_code': ''}
    op.bulk_insert(versions, [
        nothing | {
            'code': code, 'number': number, 'name': name, 'nature': nature, 'regime': regime, 'icms': icms,
            'pis_cofins': pis_cofins, 'activity': activity, 'ibs_cbs': ibs_cbs, 'ibs_cbs_class': ibs_cbs_class,
            'valid_from': dt.date(2000, 1, 1), 'written_by': '', 'written_at': dt.datetime.now(dt.UTC).replace(tzinfo=None),
        }
        for code, name, nature, activity, (ibs_cbs, ibs_cbs_class), regimes in EXAMPLES
        for number, (regime, (icms, pis_cofins)) in enumerate(regimes.items(), 1)
    ])
    op.bulk_insert(choices, [{'of': 'default', 'name': code, 'profile': code} for code, *_rest in EXAMPLES])


def downgrade():
    op.drop_column('invoices', 'tax_profiles')
    op.drop_column('products', 'tax_profile')
    op.drop_column('shop', 'tax_book_version')
    for table in ('calendar_values', 'state_rates', 'tax_choices', 'tax_profile_versions'):
        op.drop_table(table)

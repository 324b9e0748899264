"""The issuer tells its regime of PIS and COFINS, who answers for the program and who may download
its notes."""

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None

TEXTS = {
    'technical_cnpj': 14,
    'technical_name': 60,
    'technical_email': 60,
    'technical_phone': 14,
    'csrt_id': 2,
    'csrt': 60,
}


def upgrade():
    with op.batch_alter_table('shop', schema=None) as batch_op:
        batch_op.add_column(
            sa.Column('pis_cofins', sa.String(length=16), nullable=False, server_default='cumulative')
        )
        for name, length in TEXTS.items():
            column = sa.Column(name, sa.String(length=length), nullable=False, server_default='')
            batch_op.add_column(column)
        batch_op.add_column(
            sa.Column('authorized_parties', sa.JSON(), nullable=False, server_default='[]')
        )
    with op.batch_alter_table('shop', schema=None) as batch_op:
        for name in ('pis_cofins', *TEXTS, 'authorized_parties'):
            batch_op.alter_column(name, server_default=None)


def downgrade():
    with op.batch_alter_table('shop', schema=None) as batch_op:
        for name in ('authorized_parties', *reversed(TEXTS), 'pis_cofins'):
            batch_op.drop_column(name)

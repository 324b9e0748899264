"""The shop's certificate may be kept in the database; its key, and the CSRT, are sealed there."""

import sqlalchemy as sa
from alembic import op

from webapp.platform.sealed import seal, unseal

revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None

SHOP = sa.table(
    'shop', sa.column('id'), sa.column('csrt', sa.String()), sa.column('csrt_sealed', sa.LargeBinary())
)


def upgrade():
    op.create_table('certificates',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('der', sa.LargeBinary(), nullable=False),
        sa.Column('chain', sa.LargeBinary(), nullable=False),
        sa.Column('sealed_key', sa.LargeBinary(), nullable=False),
        sa.Column('fingerprint', sa.String(length=64), nullable=False),
        sa.Column('holder', sa.String(length=120), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('installed_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_certificates')),
    )
    with op.batch_alter_table('shop', schema=None) as batch_op:
        batch_op.add_column(sa.Column('csrt_sealed', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('certificate_ends_at', sa.DateTime(timezone=True), nullable=True))
    for row in op.get_bind().execute(sa.select(SHOP.c.id, SHOP.c.csrt).where(SHOP.c.csrt != '')).all():
        sealed = seal('csrt', row.csrt.encode())
        op.execute(SHOP.update().where(SHOP.c.id == row.id).values(csrt_sealed=sealed))
    with op.batch_alter_table('shop', schema=None) as batch_op:
        batch_op.drop_column('csrt')


def downgrade():
    with op.batch_alter_table('shop', schema=None) as batch_op:
        batch_op.add_column(sa.Column('csrt', sa.String(length=60), nullable=False, server_default=''))
    query = sa.select(SHOP.c.id, SHOP.c.csrt_sealed).where(SHOP.c.csrt_sealed.is_not(None))
    for row in op.get_bind().execute(query).all():
        plain = unseal('csrt', row.csrt_sealed).decode()
        op.execute(SHOP.update().where(SHOP.c.id == row.id).values(csrt=plain))
    with op.batch_alter_table('shop', schema=None) as batch_op:
        batch_op.alter_column('csrt', server_default=None)
        batch_op.drop_column('certificate_ends_at')
        batch_op.drop_column('csrt_sealed')
    op.drop_table('certificates')

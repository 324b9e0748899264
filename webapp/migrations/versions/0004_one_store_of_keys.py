"""Keys of refunds beside those of sales: one store for what is sent again."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

refunds = sa.table(
    'refunds',
    sa.column('id', sa.Integer),
    sa.column('sale_id', sa.Integer),
    sa.column('key', sa.String),
    sa.column('lines', sa.JSON),
    sa.column('reason', sa.String),
    sa.column('created_at', sa.DateTime),
)
keys = sa.table(
    'idempotency_keys',
    sa.column('scope', sa.String),
    sa.column('key', sa.String),
    sa.column('body_hash', sa.String),
    sa.column('sale_id', sa.Integer),
    sa.column('refund_id', sa.Integer),
    sa.column('created_at', sa.DateTime),
)


def upgrade():
    bind = op.get_bind()
    found = bind.execute(sa.select(refunds)).all()
    # First this: SQLite makes an altered table anew, and dropping the old one would take along what refers to it.
    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_refunds_sale_id_key'), type_='unique')
        batch_op.drop_column('key')

    with op.batch_alter_table('idempotency_keys', schema=None) as batch_op:
        batch_op.add_column(sa.Column('refund_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f('fk_idempotency_keys_refund_id'), 'refunds', ['refund_id'], ['id'], ondelete='CASCADE'
        )

    if found:
        bind.execute(keys.insert(), [_kept(row) for row in found])


def _kept(row):
    body = json.dumps({'lines': row.lines, 'reason': row.reason}, sort_keys=True)
    return {
        'scope': f'refund:{row.sale_id}',
        'key': row.key,
        'body_hash': hashlib.sha256(body.encode()).hexdigest(),
        'sale_id': row.sale_id,
        'refund_id': row.id,
        'created_at': row.created_at,
    }


def downgrade():
    bind = op.get_bind()
    found = bind.execute(sa.select(keys.c.refund_id, keys.c.key).where(keys.c.refund_id.is_not(None))).all()
    bind.execute(keys.delete().where(keys.c.refund_id.is_not(None)))
    with op.batch_alter_table('idempotency_keys', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_idempotency_keys_refund_id'), type_='foreignkey')
        batch_op.drop_column('refund_id')

    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.add_column(sa.Column('key', sa.String(length=200), nullable=True))
    for row in found:
        bind.execute(refunds.update().where(refunds.c.id == row.refund_id).values(key=row.key))
    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.alter_column('key', existing_type=sa.String(length=200), nullable=False)
        batch_op.create_unique_constraint(batch_op.f('uq_refunds_sale_id_key'), ['sale_id', 'key'])

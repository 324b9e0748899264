"""What to reorder, and who is told of it each morning."""

import sqlalchemy as sa
from alembic import op

revision = '0058'
down_revision = '0057'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
LOW = sa.text('archived_at IS NULL AND stock <= low_stock')
OWED = sa.text('due_at IS NOT NULL')


def upgrade():
    op.add_column(
        'shop', sa.Column('reorder_days', sa.Integer(), nullable=False, server_default='30')
    )
    op.add_column(
        'users',
        sa.Column('low_stock_mail', sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index(
        'ix_products_low_supplier',
        'products',
        ['supplier', 'name', 'id'],
        sqlite_where=LOW,
        postgresql_where=LOW,
    )
    op.create_table('reorder_letters',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('asked_at', MOMENT, nullable=False),
        sa.Column('sent_at', MOMENT, nullable=True),
        sa.Column('due_at', MOMENT, nullable=True),
        sa.Column('lease', sa.String(length=32), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('waits', sa.Integer(), nullable=False),
        sa.Column('unmet_since', MOMENT, nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ['user_id'],
            ['users.id'],
            name=op.f('fk_reorder_letters_user_id'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reorder_letters')),
        sa.UniqueConstraint('day', 'user_id', name=op.f('uq_reorder_letters_day_user_id')),
    )
    op.create_index('ix_reorder_letters_user_id', 'reorder_letters', ['user_id'])
    op.create_index(
        'ix_reorder_letters_due',
        'reorder_letters',
        ['status', 'due_at'],
        sqlite_where=OWED,
        postgresql_where=OWED,
    )


def downgrade():
    op.drop_table('reorder_letters')
    op.drop_index('ix_products_low_supplier', 'products')
    op.drop_column('users', 'low_stock_mail')
    op.drop_column('shop', 'reorder_days')

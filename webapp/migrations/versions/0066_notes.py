"""Notes of orders beside those of customers, and what people are told in the bell."""

import sqlalchemy as sa
from alembic import op

revision = '0066'
down_revision = '0065'
branch_labels = None
depends_on = None
KEPT = 'id, customer_id, text, actor, created_at'


def upgrade():
    op.create_table('notes',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('customer_id', sa.Integer(), nullable=True),
        sa.Column('sale_id', sa.Integer(), nullable=True),
        sa.Column('text', sa.String(length=2000), nullable=False),
        sa.Column('actor', sa.String(length=254), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['customer_id'], ['customers.id']),
        sa.ForeignKeyConstraint(['sale_id'], ['sales.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_notes_customer_id_id', 'notes', ['customer_id', 'id'])
    op.create_index('ix_notes_sale_id_id', 'notes', ['sale_id', 'id'])
    op.execute(f'INSERT INTO notes ({KEPT}) SELECT {KEPT} FROM customer_notes')
    _count_on('notes')
    op.execute("UPDATE audit_entries SET subject = 'notes' WHERE subject = 'customer_notes'")
    op.drop_table('customer_notes')
    op.create_table('notifications',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('params', sa.JSON(), nullable=False),
        sa.Column('link', sa.String(length=200), nullable=False),
        sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_notifications_user_id_id', 'notifications', ['user_id', 'id'])
    unread = sa.text('read_at IS NULL')
    op.create_index(
        'ix_notifications_unread',
        'notifications',
        ['user_id', 'id'],
        sqlite_where=unread,
        postgresql_where=unread,
    )


def downgrade():
    op.drop_table('notifications')
    op.create_table('customer_notes',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('customer_id', sa.Integer(), nullable=False),
        sa.Column('text', sa.String(length=2000), nullable=False),
        sa.Column('actor', sa.String(length=254), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['customer_id'], ['customers.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_customer_notes_customer_id_id', 'customer_notes', ['customer_id', 'id'])
    kept = 'WHERE customer_id IS NOT NULL'
    op.execute(f'INSERT INTO customer_notes ({KEPT}) SELECT {KEPT} FROM notes {kept}')
    _count_on('customer_notes')
    op.execute("UPDATE audit_entries SET subject = 'customer_notes' WHERE subject = 'notes'")
    op.drop_table('notes')


def _count_on(table):
    """Ids go on behind those that were copied; SQLite looks by itself."""
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(f"SELECT setval('{table}_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM {table}), false)")

"""Alerts, from which figures on they are told, and e-mails to the staff."""

import sqlalchemy as sa
from alembic import op

revision = '0079'
down_revision = '0078'
branch_labels = None
depends_on = None

OPEN = sa.text('resolved_at IS NULL')
IS_OWED = sa.text('due_at IS NOT NULL')


def upgrade():
    op.create_table(
        'alerts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('subject', sa.String(length=40), nullable=False),
        sa.Column('threshold', sa.BigInteger(), nullable=False),
        sa.Column('latest', sa.BigInteger(), nullable=False),
        sa.Column('worst', sa.BigInteger(), nullable=False),
        sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('clear_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_alerts')),
    )
    op.create_index(
        'ix_alerts_open', 'alerts', ['kind', 'subject'], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index('ix_alerts_opened_at', 'alerts', ['opened_at'])
    op.create_table(
        'staff_letters',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(length=60), nullable=False),
        sa.Column('subject', sa.String(length=200), nullable=False),
        sa.Column('text', sa.String(length=1000), nullable=False),
        sa.Column('page', sa.String(length=200), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease', sa.String(length=32), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('waits', sa.Integer(), nullable=False),
        sa.Column('unmet_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('error', sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ['user_id'], ['users.id'], name=op.f('fk_staff_letters_user_id'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_letters')),
        sa.UniqueConstraint('user_id', 'key', name=op.f('uq_staff_letters_user_id_key')),
    )
    op.create_index(
        'ix_staff_letters_due', 'staff_letters', ['status', 'due_at'], sqlite_where=IS_OWED, postgresql_where=IS_OWED
    )
    op.add_column('shop', sa.Column('alert_limits', sa.JSON(), nullable=False, server_default='{}'))
    op.add_column('users', sa.Column('alert_mail', sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade():
    op.drop_column('users', 'alert_mail')
    op.drop_column('shop', 'alert_limits')
    op.drop_table('staff_letters')
    op.drop_table('alerts')

"""The history of the work, by minutes, ten minutes and hours."""

import sqlalchemy as sa
from alembic import op

revision = '0078'
down_revision = '0077'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'work_spans',
        sa.Column('seconds', sa.Integer(), nullable=False),
        sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('queue', sa.String(length=12), nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('waited', sa.Integer(), nullable=False),
        sa.Column('failed', sa.Integer(), nullable=False),
        sa.Column('given_up', sa.Integer(), nullable=False),
        sa.Column('owed', sa.Integer(), nullable=True),
        sa.Column('oldest_s', sa.Integer(), nullable=True),
        sa.Column('times', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('seconds', 'began_at', 'queue', name=op.f('pk_work_spans')),
    )


def downgrade():
    op.drop_table('work_spans')

"""A list that goes out on a schedule is kept as it stood at its hour."""

import sqlalchemy as sa
from alembic import op

revision = '0085'
down_revision = '0084'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'export_files',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('schedule_id', sa.Integer(), nullable=False),
        sa.Column('given_on', sa.Date(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ['schedule_id'],
            ['export_schedules.id'],
            name=op.f('fk_export_files_schedule_id'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_export_files')),
        sa.UniqueConstraint(
            'schedule_id', 'given_on', name=op.f('uq_export_files_schedule_id_given_on')
        ),
    )
    op.create_index(op.f('ix_export_files_given_on'), 'export_files', ['given_on'])


def downgrade():
    op.drop_table('export_files')

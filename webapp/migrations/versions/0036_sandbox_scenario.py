"""What the sandbox authority is told to answer next."""

import sqlalchemy as sa
from alembic import op

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('sandbox_scenario',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=10), nullable=False),
        sa.Column('times', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_sandbox_scenario')),
    )
    op.execute("INSERT INTO sandbox_scenario (id, code, times) VALUES (1, '', 0)")


def downgrade():
    op.drop_table('sandbox_scenario')

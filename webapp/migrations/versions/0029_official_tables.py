"""Schema packages and published tables, as an administrator sends them."""

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'schema_packages',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=20), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('written_by', sa.String(length=254), nullable=False),
        sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_schema_packages')),
        sa.UniqueConstraint('name', name=op.f('uq_schema_packages_name')),
        sa.UniqueConstraint('valid_from', name=op.f('uq_schema_packages_valid_from')),
    )
    op.create_table(
        'official_tables',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=4), nullable=False),
        sa.Column('state', sa.String(length=2), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('valid_to', sa.Date(), nullable=True),
        sa.Column('source', sa.String(length=60), nullable=False),
        sa.Column('rows', sa.Integer(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('written_by', sa.String(length=254), nullable=False),
        sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_official_tables')),
        sa.UniqueConstraint(
            'kind', 'state', 'valid_from', name=op.f('uq_official_tables_kind_state_valid_from')
        ),
    )


def downgrade():
    op.drop_table('official_tables')
    op.drop_table('schema_packages')

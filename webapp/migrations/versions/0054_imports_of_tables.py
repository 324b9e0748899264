"""Imports of tables: their columns, what is said of a row, what a column of a name tells."""

import sqlalchemy as sa
from alembic import op

revision = '0054'
down_revision = '0053'
branch_labels = None
depends_on = None

ADDED = (
    ('imports', 'columns', sa.JSON(), '[]'),
    ('imports', 'mapping', sa.JSON(), '{}'),
    ('imports', 'notation', sa.String(length=2), ''),
    ('imports', 'problem', sa.JSON(), '{}'),
    ('import_rows', 'line', sa.Integer(), '0'),
    ('import_rows', 'problems', sa.JSON(), '[]'),
)


def upgrade():
    for table, name, kind, default in ADDED:
        op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))
    op.create_table('import_columns',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('name', sa.String(length=80), nullable=False),
        sa.Column('field', sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_import_columns')),
        sa.UniqueConstraint('kind', 'name', name=op.f('uq_import_columns_kind_name')),
    )


def downgrade():
    op.drop_table('import_columns')
    for table, name, _kind, _default in reversed(ADDED):
        op.drop_column(table, name)

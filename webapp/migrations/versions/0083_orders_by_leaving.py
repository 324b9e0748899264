"""Every order stands in a list by when it must leave; what has not to stands at the end."""

import sqlalchemy as sa
from alembic import op

revision = '0083'
down_revision = '0082'
branch_labels = None
depends_on = None

HAS_TO = "ship_by IS NOT NULL AND status != 'open' AND (shipping NOT IN ('shipped', 'delivered'))"
NEVER = {
    'sqlite': "'9999-12-31 00:00:00.000000'",
    'postgresql': "TIMESTAMP WITH TIME ZONE '9999-12-31 00:00:00+00'",
}


def upgrade():
    never = NEVER[op.get_bind().dialect.name]
    leaves_by = sa.text(f'(CASE WHEN ({HAS_TO}) THEN ship_by ELSE {never} END)')
    op.create_index('ix_sales_leaves_by', 'sales', [leaves_by, 'id'])


def downgrade():
    op.drop_index('ix_sales_leaves_by', 'sales')

"""The rows every shop begins with: its own blank record, series 1, and the day-one rules."""

import datetime as dt

import sqlalchemy as sa
from alembic import op

from webapp.rules.core.day_one import day_one_rules

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SHOP = ("name", "trade_name", "cnpj", "state_registration", "zip_code", "state", "city", "neighborhood", "street",
        "number", "complement", "ibge", "phone", "email")


def upgrade():
    tables = sa.MetaData()
    tables.reflect(op.get_bind(), only=("shop", "series", "rule_sets"))
    op.execute(tables.tables["shop"].insert().values(
        {name: "" for name in SHOP}
        | {"id": 1, "crt": "1", "time_zone": "America/Sao_Paulo", "hold_hours": 72, "review_policy": "exceptions", "version": 1}
    ))
    op.execute(tables.tables["series"].insert().values(number=1, next_number=1))
    rule_sets = sa.table("rule_sets", sa.column("rules", sa.JSON), sa.column("published_at", sa.DateTime(timezone=True)),
                         sa.column("published_by", sa.String), sa.column("reason", sa.String))
    op.bulk_insert(rule_sets, [{
        "rules": day_one_rules(), "published_at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
        "published_by": "Balcão", "reason": "As regras com que toda loja começa",
    }])


def downgrade():
    for name in ("shop", "series", "rule_sets"):
        op.execute(sa.table(name).delete())

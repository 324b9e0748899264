"""A copy of the house with one action and one field more, each added in its two files and nowhere
else, and an order's way through it in a process of its own.

Run as a program inside the copy, it goes that way and prints what the pages say, as JSON.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from lxml import html

ROOT = Path(__file__).resolve().parents[2]
KIND = """
from flask_babel import lazy_gettext as _l

from webapp.processing.effects.base import EffectKind, register


@register
class Card(EffectKind):
    key = "card"
    name = _l("Card “%(words)s”")
    done_words = _l("Card to be written: %(words)s")
    icon = "heart-handshake"

    def do(self, execution, effect):
        execution.open_task(effect, "write_card", words=effect.params["words"])

    def undo(self, reversal, effect):
        if effect.id not in reversal.reversed and reversal.is_back(effect):
            reversal.twin(effect)
            reversal.close_task(effect)
"""
ACTION = """
        Action(
            "card",
            _l("card by hand"),
            _l("write the card %(words)s by hand"),
            "each",
            _sale,
            (Param("words", "text", _l("words of the card"), read_text),),
        ),
"""
FIELD = """
        Field("item_weight", "int", _l("item weight"), _l("the item's weight"), "line", 100),
"""
FACT = """
    "item_weight": lambda line: line.product["weight_g"],
"""


def copy_with_more(house: Path) -> None:
    for folder in ("webapp", "templates", "static"):
        shutil.copytree(ROOT / folder, house / folder)
    (house / "webapp/processing/effects/card.py").write_text(KIND)
    _insert(house / "webapp/rules/core/actions.py", "\n        SKIP_RULE,\n    )\n", ACTION)
    _insert(
        house / "webapp/rules/core/fields.py", '\n        Field(\n            "item_sku",', FIELD
    )
    _insert(house / "webapp/processing/facts.py", '\n    "item_sku": ', FACT)


def _insert(file: Path, before: str, text: str) -> None:
    source = file.read_text()
    assert source.count(before) == 1, file
    file.write_text(source.replace(before, text.lstrip("\n") + before))


def walk_in(house: Path, database_url: str, redis_url: str) -> dict[str, Any]:
    """What the pages of the copy say."""
    env = os.environ | {
        "PYTHONPATH": str(ROOT),
        "DATA_DIR": str(house / "var"),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": secrets.token_hex(),
        "CEP_PROVIDERS": "sample",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    program = [sys.executable, "-W", "error", "-m", __name__]
    done = subprocess.run(program, cwd=house, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


# -- inside the copy -------------------------------------------------------------------------------


def _walk() -> dict[str, Any]:
    from tests.factories import (
        api,
        make_product,
        make_sale,
        make_token,
        open_shop,
        sign_in,
        work_off,
    )
    from webapp import create_app
    from webapp.platform.database import db
    from webapp.platform.settings import Settings

    app = create_app(Settings.from_env())
    client = app.test_client()
    said: dict[str, Any] = {}
    sign_in(client, "manager")
    said["editor"] = _write_rule(client)
    said["published"] = _publish(client)
    with app.app_context():
        open_shop()
        sku = make_product(sku="HEAVY", weight_g=900).sku
        light = make_product(sku="LIGHT", weight_g=10).sku
        lines = [{"sku": sku, "quantity": 1}, {"sku": light, "quantity": 1}]
        sale = make_sale(lines=lines).id
        work_off()
        token = make_token("manager")
        db.session.remove()
    said["page"] = _text(client, f"/sales/{sale}")
    said["why"] = _text(client, f"/sales/{sale}/rules/heavy")
    decision = api(client, token).get(f"/sales/{sale}/decision").json
    said["effects"] = [one for one in decision["effects"] if one["kind"] == "card"]
    said["before_cancellation"] = _text(client, f"/sales/{sale}/cancellation")
    client.post(f"/sales/{sale}/cancellation", data={"reason": "changed their mind"})
    said["cancelled"] = _text(client, f"/sales/{sale}")
    return said


def _write_rule(client: FlaskClient) -> str:
    from tests.support.rule_editor_page import Editor

    editor = Editor(client).type(name__en="Heavy", when__0__field="item_weight").press("add:then")
    editor.type(when__0__op="gte", when__0__value="500", then__0__do="card").press("refresh")
    editor.type(then__0__words="Lift with care").press("add:examples")
    sentence = editor.sentence
    assert editor.save().status == 303, editor.text
    return sentence


def _publish(client: FlaskClient) -> int:
    draft: Any = html.fromstring(client.get("/rules/draft").text)
    form = next(form for form in draft.forms if form.action == "/rules/draft/publication")
    sent = dict(form.form_values()) | {"reason": "Heavy parcels", "warnings_read": "1"}
    return client.post(form.action, data=sent).status_code


def _text(client: FlaskClient, path: str) -> str:
    page: Any = html.fromstring(client.get(path).text)
    return re.sub(r"\s+", " ", page.find(".//main").text_content())


if __name__ == "__main__":
    print(json.dumps(_walk()))

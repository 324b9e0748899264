"""The rules in force, in words."""

from flask import render_template

from webapp.extensions import utc_now
from webapp.formatting import shop_day
from webapp.localization import locale
from webapp.rules.blueprint import bp
from webapp.rules.labels import EVENT_LABELS, SCOPE_LABELS
from webapp.rules.queries import compiled, published
from webapp.rules.sentence import sentence
from webapp.staff.access import allow


@bp.get("/rules")
@allow("manager")
def index():
    version = published()
    rules = compiled(version.id).rules if version else ()
    return render_template("rules/page.html", version=version, rules=rules, sentence=sentence, language=locale(),
                           today=shop_day(utc_now()), scopes=SCOPE_LABELS, events=EVENT_LABELS)

"""The rules in force, in words."""

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l

from webapp.extensions import utc_now
from webapp.formatting import shop_day
from webapp.localization import locale
from webapp.rules.queries import compiled, published
from webapp.rules.sentence import sentence
from webapp.staff.access import allow

bp = Blueprint("rules", __name__)
SCOPE_LABELS = {"line": _l("Each item"), "sale": _l("The whole order")}
EVENT_LABELS = {"paid": _l("Order paid")}


@bp.get("/rules")
@allow("manager")
def index():
    version = published()
    rules = compiled(version.id).rules if version else ()
    return render_template("rules/page.html", version=version, rules=rules, sentence=sentence, language=locale(),
                           today=shop_day(utc_now()), scopes=SCOPE_LABELS, events=EVENT_LABELS)

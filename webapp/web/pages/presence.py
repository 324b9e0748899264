"""Who else is on the record of a page: said by the page itself, see static/js/presence.js."""

from flask import Blueprint, g, render_template, request
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound

from webapp.platform.transactions import only_reading
from webapp.platform.whole import MAX_ID, whole_number
from webapp.staff.access import allow, unattended
from webapp.web.presence import Present, Record, come, leave, others

bp = Blueprint("presence", __name__)
# By kind of record, whoever looks at it and whoever changes it.
SENTENCES = {
    "sale": (_l("%(name)s is on this order"), _l("%(name)s is changing this order")),
    "product": (_l("%(name)s is on this product"), _l("%(name)s is changing this product")),
    "customer": (_l("%(name)s is on this customer"), _l("%(name)s is changing this customer")),
}


def _record(kind: str, record_id: str) -> Record:
    number = whole_number(record_id, 1, MAX_ID)
    if kind not in SENTENCES or number is None:
        raise NotFound
    return Record(kind, number)


def _shown(record: Record, found: list[Present], doing: str) -> str:
    people = [str(SENTENCES[record.kind][each.edits]) % {"name": each.name} for each in found]
    return render_template("layouts/_presence.html", on=record, doing=doing, people=people)


@bp.get("/presence")
@allow("clerk", "accountant")
@unattended
def show() -> str:
    record, doing = _asked()
    return _shown(record, others(record, g.identity.user.id), doing)


@bp.post("/presence")
@allow("clerk", "accountant")
@unattended
@only_reading()
def say() -> str:
    record, doing = _asked()
    user = g.identity.user
    return _shown(record, come(record, Present(user.id, user.name, doing == "edit")), doing)


@bp.post("/presence/end")
@allow("clerk", "accountant")
@unattended
@only_reading()
def end() -> tuple[str, int]:
    record, _doing = _asked()
    leave(record, g.identity.user.id)
    return "", 204


def _asked() -> tuple[Record, str]:
    said = request.values
    record = _record(said.get("kind", ""), said.get("id", ""))
    return record, "edit" if said.get("doing") == "edit" else "look"

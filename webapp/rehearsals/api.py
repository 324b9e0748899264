"""Rehearsals, and one order's note of a day to come, as calls."""

from flask import Response, g
from flask_babel import lazy_gettext as _l

from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import DRAFT_CODE, Numbering, build, preview
from webapp.invoices.composition import note_of
from webapp.platform.clock import utc_now
from webapp.platform.errors import FieldError, Invalid
from webapp.platform.issues import ERROR
from webapp.platform.sliced import SliceStatus
from webapp.rehearsals.asking import ask_rehearsal, rehearsal_by_id
from webapp.rehearsals.forms import NoteOfDayQuery, RehearsalIn
from webapp.rehearsals.models import Rehearsal
from webapp.rehearsals.shapes import RehearsalBegunOut, RehearsalOut
from webapp.rehearsals.words import cause_text, findings_of
from webapp.sales.queries import sale_of
from webapp.store.queries import the_shop
from webapp.taxation.book import the_tax_book
from webapp.web.api import Download, api_blueprint, endpoint

bp = api_blueprint("rehearsals")


@endpoint(
    bp,
    "POST",
    "/fiscal-rehearsals",
    "manager",
    "accountant",
    body=RehearsalIn,
    answer=RehearsalBegunOut,
    status=202,
    summary=_l("Builds the last month's NF-e and the catalog as of a day to come."),
)
def ask(wanted: RehearsalIn) -> dict[str, object]:
    return {"id": ask_rehearsal(wanted.day, g.identity.actor).id}


def rehearsal_json(rehearsal: Rehearsal) -> dict[str, object]:
    found = findings_of(rehearsal)
    running = rehearsal.status is SliceStatus.PENDING
    return {
        "id": rehearsal.id,
        "status": "running" if running else str(rehearsal.status),
        "day": rehearsal.day.isoformat(),
        **{
            name: getattr(found.tally, name) for name in ("notes", "changed", "refused", "products")
        },
        "causes": [
            {
                "code": cause.code,
                "message": cause_text(cause),
                "field": cause.field,
                "notes": cause.notes,
                "products": list(cause.skus),
            }
            for _key, cause in (*found.refusals, *found.changes)
        ],
    }


@endpoint(
    bp,
    "GET",
    "/fiscal-rehearsals/<id:rehearsal_id>",
    "manager",
    "accountant",
    answer=RehearsalOut,
    refusals={404: _l("There is no such rehearsal.")},
    summary=_l("What a rehearsal has found so far."),
)
def show(rehearsal_id: int) -> dict[str, object]:
    return rehearsal_json(rehearsal_by_id(rehearsal_id))


class WouldBeRefused(Invalid):
    """With every reason, by the field where it is mended."""

    status = 409
    title = _l("This cannot be done now")


@endpoint(
    bp,
    "GET",
    "/sales/<id:sale_id>/note",
    "clerk",
    "accountant",
    query=NoteOfDayQuery,
    answer=Download("application/xml", _l("The draft, without number and signature")),
    refusals={
        404: _l("There is no such order."),
        409: _l("It would be held or refused on that day; `errors` say why."),
    },
    summary=_l("The order's NF-e as it would be on a day."),
)
def note_of_day(asked: NoteOfDayQuery, sale_id: int) -> Response:
    note, book = note_of(sale_of(sale_id), the_shop()), the_tax_book()
    moment = asked.day or utc_now()
    draft = build(note, book, Numbering(0, 1, moment, DRAFT_CODE))
    issues = run_checks(note, draft, book, moment).issues
    errors = [FieldError(each.field, each.text) for each in issues if each.level == ERROR]
    if errors:
        message = _l("This NF-e would be held or refused on that day.")
        raise WouldBeRefused(errors, message)
    return Response(preview(draft), mimetype="application/xml")

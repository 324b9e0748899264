"""Tax profiles and the fiscal calendar as JSON."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from webapp.fiscal.calendar import ASKED, Term
from webapp.http.answers import list_of
from webapp.http.filters import ListQuery
from webapp.invoices.queries import last_issued
from webapp.platform.database import db
from webapp.taxation.book import the_tax_book
from webapp.taxation.forms import CalendarValueIn, TaxProfileIn
from webapp.taxation.models import TaxProfileVersion
from webapp.taxation.profile_edits import write_version
from webapp.taxation.queries import profiles, shop_regime, version_in_force, versions_of
from webapp.taxation.shapes import (
    CalendarOut,
    CalendarTermOut,
    TaxProfileOut,
    TaxProfileVersionsOut,
)
from webapp.taxation.value_edits import set_value
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("taxation")
FACTS = tuple(
    name for name in TaxProfileIn.model_fields if name not in ("reduction", "credit_rate")
)


def version_json(version: TaxProfileVersion) -> dict[str, object]:
    facts = {name: getattr(version, name) for name in FACTS}
    return facts | {
        "version": version.number,
        "valid_from": version.valid_from.isoformat(),
        "regime": version.regime,
        "reduction": str(version.reduction),
        "credit_rate": str(version.credit_rate),
        "signed_off": version.signed_off_at is not None,
        "waits": version.waits,
    }


@endpoint(
    bp,
    "GET",
    "/tax-profiles",
    "manager",
    "accountant",
    query=ListQuery,
    answer=list_of(TaxProfileOut),
    summary=_l("Of each tax profile the version written last, by code."),
)
def index(asked: ListQuery) -> dict[str, object]:
    keys = (TaxProfileVersion.code, TaxProfileVersion.id)
    return list_answer(asked, profiles(shop_regime()), keys, version_json, descending=False)


@endpoint(
    bp,
    "POST",
    "/tax-profiles",
    "manager",
    "accountant",
    body=TaxProfileIn,
    answer=TaxProfileOut,
    status=201,
    refusals={409: _l("The profile has a version from this day on already.")},
    summary=_l("Writes a version of a tax profile; the first of its code makes the profile."),
)
def write(wanted: TaxProfileIn) -> dict[str, object]:
    version = write_version(wanted, last_issued())
    db.session.flush()
    return version_json(version)


@endpoint(
    bp,
    "GET",
    "/tax-profiles/<code>",
    "manager",
    "accountant",
    answer=TaxProfileVersionsOut,
    refusals={404: _l("There is no tax profile with this code.")},
    summary=_l("The tax profile of this code, with its versions."),
)
def show(code: str) -> dict[str, object]:
    versions = versions_of(code)
    present = version_in_force(code, shop_regime()) or versions[0]
    return version_json(present) | {"versions": [version_json(each) for each in versions]}


def term_json(term: Term) -> dict[str, object]:
    return {
        "code": term.code,
        "what": gettext(term.what),
        "from": term.start.isoformat(),
        "to": term.end and term.end.isoformat(),
        "source": term.source,
        "value": None if term.value is None else f"{term.value:.4f}",
        "asked": term.value is None and term.code in ASKED,
    }


@endpoint(
    bp,
    "GET",
    "/fiscal-calendar",
    "manager",
    "accountant",
    answer=CalendarOut,
    summary=_l("Every date and value that the NF-e go by, the oldest first."),
)
def calendar() -> dict[str, object]:
    return {"items": [term_json(term) for term in the_tax_book().calendar.terms]}


@endpoint(
    bp,
    "PUT",
    "/fiscal-calendar/<term>",
    "admin",
    "accountant",
    body=CalendarValueIn,
    answer=CalendarTermOut,
    refusals={404: _l("The fiscal calendar asks for no value of this code.")},
    summary=_l("Sets a value that was not published when this program was made, with its source."),
)
def put_value(wanted: CalendarValueIn, term: str) -> dict[str, object]:
    set_value(term, wanted, last_issued())
    found = the_tax_book().calendar.in_force(term, wanted.valid_from)
    assert found is not None, "it was just set"
    return term_json(found)

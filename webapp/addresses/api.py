"""Postal codes under /api/v1."""

from dataclasses import asdict

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.addresses.companies import NobodyAnswers, company_of
from webapp.addresses.lookup import Outcome
from webapp.addresses.questions import address_issue
from webapp.addresses.shapes import CompanyOut, PostalCodeOut
from webapp.platform.cep import format_cep, normalize_cep
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, NotFound
from webapp.processing.address_step import lookup
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("addresses")
PARTS = ("street", "neighborhood", "city", "state", "ibge", "complement", "unit")


@endpoint(
    bp,
    "GET",
    "/postal-codes/<cep>",
    "clerk",
    "accountant",
    answer=PostalCodeOut,
    refusals={
        404: _l("There is no such postal code."),
        503: _l("No postal code service answers right now, or the shop is very busy."),
    },
    summary=_l("The address of a postal code in any written form, and who said so when."),
)
def get_postal_code(cep: str) -> dict[str, object]:
    bare = normalize_cep(cep)
    if bare is None:
        raise Invalid([FieldError("cep", _words("zip_code_malformed", cep[:20]))])
    # The lookup writes in a transaction of its own: none of ours may be open meanwhile.
    db.session.rollback()
    found = lookup().one(bare)
    if found.outcome is Outcome.UNAVAILABLE:
        raise NobodyAnswers(_("No postal code service answers right now. Try again in a moment."))
    if found.outcome is Outcome.NOT_FOUND:
        raise NotFound(_words("zip_code_unknown", format_cep(bare)))
    address = {part: getattr(found.answer, part) for part in PARTS}
    assert found.fetched_at, "what was found was found at some time"
    return (
        {"zip_code": format_cep(bare)}
        | address
        | {"provider": found.provider, "fetched_at": found.fetched_at.isoformat()}
    )


@endpoint(
    bp,
    "GET",
    "/companies/<cnpj>",
    "clerk",
    "accountant",
    answer=CompanyOut,
    refusals={
        404: _l("No service knows a company with this CNPJ."),
        409: _l("This shop looks up no companies."),
        503: _l("No company service answers right now. Try again in a moment."),
    },
    summary=_l("A company as registered by its CNPJ, and who said so when."),
)
def get_company(cnpj: str) -> dict[str, object]:
    found = company_of(cnpj)
    assert found.answer and found.fetched_at, "what was found was found at some time"
    return asdict(found.answer) | {"fetched_at": found.fetched_at.isoformat()}


def _words(code: str, zip_code: str) -> str:
    return address_issue(code, "address.zip_code", {"zip_code": zip_code}).text

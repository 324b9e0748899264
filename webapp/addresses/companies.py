"""A company by its CNPJ, for a person or a program that asks for it and waits."""

from flask_babel import lazy_gettext as _l

from webapp.addresses.answer import CompanyAnswer
from webapp.addresses.lookup import Lookup, Outcome, Result, kept_lookup
from webapp.addresses.registers import COMPANIES, normalize_cnpj
from webapp.http.fields import why_no_cnpj
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, NotFound, Refusal

# Longer than for a postal code: some of these services ask others before they answer.
_PATIENCE_SECONDS = 6.0


class NobodyAnswers(Refusal):
    status = 503


def company_lookup() -> Lookup[CompanyAnswer]:
    return kept_lookup(COMPANIES, "company_lookup")


def company_of(written: str) -> Result[CompanyAnswer]:
    """What was found, with its answer. Refuses what is no CNPJ, what nobody knows, and where nobody
    can be asked."""
    cnpj = normalize_cnpj(written)
    if cnpj is None:
        raise Invalid([FieldError("cnpj", why_no_cnpj(written))])
    if not company_lookup().is_on:
        raise Refusal(_l("This shop looks up no companies."))
    # The lookup writes in a transaction of its own: none of ours may be open meanwhile.
    db.session.rollback()
    found = company_lookup().one(cnpj, _PATIENCE_SECONDS)
    if found.outcome is Outcome.UNAVAILABLE:
        raise NobodyAnswers(_l("No company service answers right now. Try again in a moment."))
    if found.outcome is Outcome.NOT_FOUND:
        raise NotFound(_l("No service knows a company with this CNPJ."))
    return found

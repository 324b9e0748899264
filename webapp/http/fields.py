"""Types of single fields that the shapes of several features share."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field

from webapp.fiscal.digits import is_state_registration, state_registration_length
from webapp.http.forms import FieldRefused
from webapp.platform.documents import normalize_document


def _document(written: str) -> str:
    bare = normalize_document(written)
    if bare is None:
        raise ValueError(
            _l("This is not a CPF or CNPJ: its check digits do not fit. Type it again.")
        )
    return bare


def _email(written: str) -> str:
    if not written:
        return ""
    try:
        return validate_email(written, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise ValueError(
            _l("This is not an e-mail address; write it like name@example.com.")
        ) from None


Document = Annotated[str, Field(strict=True, max_length=40), AfterValidator(_document)]
Email = Annotated[str, Field(strict=True, max_length=254), AfterValidator(_email)]
RequiredEmail = Annotated[
    str, Field(strict=True, min_length=1, max_length=254), AfterValidator(_email)
]


def refuse_strange_registration(number: str, state: str) -> None:
    """Raises FieldRefused for a state registration that cannot be one of this state, as the
    authority would of every NF-e (codes 209 and 210)."""
    if is_state_registration(state, number):
        return
    length = state_registration_length(state)
    if length and len(number) != length:
        message = _l(
            "A state registration of %(state)s has %(count)s digits.", state=state, count=length
        )
    else:
        message = _l(
            "This is no state registration of %(state)s: its last digits do not fit. Type it "
            "again.",
            state=state,
        )
    raise FieldRefused("state_registration", message)

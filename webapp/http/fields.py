"""Types of single fields that the shapes of several features share."""

import re
from typing import Annotated, Any, Self

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    ValidationInfo,
    model_validator,
)

from webapp.fiscal.registrations import is_state_registration, state_registration_lengths
from webapp.http.forms import FieldRefused, Shape, Text
from webapp.platform.documents import (
    is_long_as_cnpj,
    is_long_as_cpf,
    normalize_document,
    normalize_foreign_document,
)

# Where a shape's validation keeps the country that its documents are judged by.
_COUNTRY = "country"
_SIGNS_OF_PHONES = re.compile(r"[ ().-]")
_REGISTRATION = re.compile(r"[0-9]{2,14}", re.ASCII)
_BRAZILIAN_PHONE = re.compile(r"[0-9]{10,11}", re.ASCII)


def why_no_document(written: str) -> LazyString:
    """The words for what is no CPF or CNPJ."""
    if is_long_as_cpf(written) or is_long_as_cnpj(written):
        return _l("This is not a CPF or CNPJ: its check digits do not fit. Type it again.")
    return _l(
        "This is not a CPF or CNPJ: a CPF has 11 digits, a CNPJ 14 digits or letters. Type it "
        "again."
    )


def why_no_cnpj(written: str) -> LazyString:
    """The words for what is no CNPJ, a CPF among it."""
    if is_long_as_cnpj(written):
        return _l("This is not a CNPJ: its check digits do not fit. Type it again.")
    return _l("This is not a CNPJ: a CNPJ has 14 digits or letters. Type it again.")


def _document(written: str, info: ValidationInfo) -> str:
    country = (info.context or {}).get(_COUNTRY)
    bare = normalize_document(written)
    if bare is not None:
        return bare
    if country == "BR" and not written.strip():
        raise ValueError(_l("A CPF or CNPJ is needed; only a buyer abroad may go without."))
    if country == "BR":
        raise ValueError(why_no_document(written))
    foreign = normalize_foreign_document(written)
    if written and foreign is None:
        raise ValueError(
            _l(
                "A passport or another country's document has 5 to 20 letters and digits; leave it "
                "blank where there is none."
            )
        )
    return foreign or ""


class OfSomeCountry(Shape):
    """A shape with an `address` by whose country its documents are judged: in Brazil a CPF or
    CNPJ, abroad also a passport or nothing. A part of such a shape, as in a PATCH, does not know
    its country yet; the whole is judged."""

    @model_validator(mode="wrap")
    @classmethod
    def with_its_country(
        cls, sent: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        if info.context is not None:
            info.context[_COUNTRY] = _country_of(sent)
        return handler(sent)


def _country_of(sent: Any) -> str:
    address = sent.get("address", {}) if isinstance(sent, dict) else {}
    country = address.get("country", "BR") if isinstance(address, dict) else "BR"
    return country.upper() if isinstance(country, str) else "BR"


def _email(written: str) -> str:
    if not written:
        return ""
    try:
        return validate_email(written, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise ValueError(
            _l("This is not an e-mail address; write it like name@example.com.")
        ) from None


def read_phone(written: str) -> str:
    """A Brazilian one as its digits, however it was written."""
    bare = _SIGNS_OF_PHONES.sub("", written)
    return bare if _BRAZILIAN_PHONE.fullmatch(bare) else written


Phone = Annotated[str, Text(20), AfterValidator(read_phone)]
Document = Annotated[
    str, Field(strict=True, max_length=40, validate_default=True), AfterValidator(_document)
]
Email = Annotated[str, Field(strict=True, max_length=254), AfterValidator(_email)]
RequiredEmail = Annotated[
    str, Field(strict=True, min_length=1, max_length=254), AfterValidator(_email)
]


def _registration(written: str) -> str:
    bare = re.sub(r"[.\-/\s]", "", written)
    if bare and not _REGISTRATION.fullmatch(bare):
        raise ValueError(
            _l("A state registration has 2 to 14 digits; leave it blank when there is none.")
        )
    return bare


StateRegistration = Annotated[str, Text(20), AfterValidator(_registration)]


def refuse_strange_registration(number: str, state: str) -> None:
    """Raises FieldRefused for a state registration that cannot be one of this state, as the
    authority would of every NF-e (codes 209 and 210)."""
    if is_state_registration(state, number):
        return
    lengths = state_registration_lengths(state)
    if lengths and len(number) not in lengths:
        count = " / ".join(map(str, lengths))
        message = _l(
            "A state registration of %(state)s has %(count)s digits.", state=state, count=count
        )
    else:
        message = _l(
            "This is no state registration of %(state)s: its last digits do not fit. Type it "
            "again.",
            state=state,
        )
    raise FieldRefused("state_registration", message)

"""Types of single fields that the shapes of several features share."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field

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

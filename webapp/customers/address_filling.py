"""A form's address filled in from what is registered of its postal code."""

from flask_babel import gettext as _

from webapp.addresses.answer import PostalAnswer
from webapp.addresses.lookup import Lookup
from webapp.addresses.sources import SOURCE_LABELS
from webapp.http.forms import Form
from webapp.platform.cep import folded, format_cep, normalize_cep
from webapp.platform.database import db

ZIP_CODE = "address.zip_code"
FILLED = ("street", "neighborhood", "city", "state")


def look_up_address(form: Form, lookup: Lookup[PostalAnswer]) -> PostalAnswer | None:
    """What is registered of the CEP that is typed; nothing where nobody knows or answers, which the
    form says at the field."""
    # No transaction of ours may be open meanwhile: the answer is written by another one.
    db.session.rollback()
    cep = normalize_cep(form.value(ZIP_CODE))
    found = lookup.one(cep) if cep else None
    if found is None:
        form.errors[ZIP_CODE] = _("This is not a CEP; write its eight digits, like 01025-020.")
    return found.answer if found else None


def fill_address(form: Form, answer: PostalAnswer, anew: bool = False) -> None:
    """Fills blanks and says below each where it came from; `anew`: what stands there is of another
    CEP."""
    for part in FILLED:
        name, registered = f"address.{part}", getattr(answer, part)
        if anew or not form.value(name):
            form.raw_input[name] = registered
            if registered:
                tell_source(form, name, answer.provider)
    form.raw_input[ZIP_CODE] = format_cep(answer.cep)


def tell_source(form: Form, name: str, provider: str) -> None:
    form.hints[name] = _("From %(source)s.", source=SOURCE_LABELS.get(provider, provider))


def agree(form: Form, told: dict[str, str]) -> bool:
    """Whether what is typed of an address may be the same place as these parts."""
    typed = {part: folded(form.value(f"address.{part}")) for part in told}
    return all(
        not (typed[part] and folded(registered)) or typed[part] == folded(registered)
        for part, registered in told.items()
    )

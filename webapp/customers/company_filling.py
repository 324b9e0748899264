"""A customer's form filled in from what is registered of a company."""

from flask_babel import gettext as _

from webapp.addresses.answer import CompanyAnswer
from webapp.addresses.lookup import Result
from webapp.addresses.parts import PARTS
from webapp.customers.address_filling import agree, tell_source
from webapp.http.forms import Form


def fill_in(form: Form, found: Result[CompanyAnswer]) -> str:
    """Fills blanks alone, and those of the address only where what was typed is the same place:
    half of one address and half of another is none. Says what came of it."""
    company = found.answer
    assert company, "only what was found fills a form"
    form.raw_input["name"] = form.value("name") or company.name
    told = {part: getattr(company, part) for part in PARTS if part != "country"}
    same_place = agree(form, told | {"country": "BR"})
    if same_place:
        for part, registered in told.items():
            name = f"address.{part}"
            if registered and not form.value(name):
                form.raw_input[name] = registered
                tell_source(form, name, found.provider)
    return " ".join(_words(company, found.provider, same_place))


def _words(company: CompanyAnswer, provider: str, same_place: bool) -> list[str]:
    words = [_("Blanks were filled in as registered, by %(provider)s.", provider=provider)]
    if not same_place:
        words.append(_("The address is another one, so it stays as typed."))
    if company.situation not in ("", "ATIVA"):
        words.append(_("Receita Federal calls this company %(word)s.", word=company.situation))
    return words

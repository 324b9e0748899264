"""What the customer typed, completed by what a provider says about the postal code. Pure: no
database, no network.

Only blanks are filled, and never with an empty value. What a machine cannot settle becomes a
question.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from webapp.addresses.answer import PostalAnswer
from webapp.addresses.number_range import covers, house_number, only_number
from webapp.addresses.questions import address_issue
from webapp.platform.cep import folded, format_cep, normalize_cep
from webapp.platform.issues import Issue
from webapp.platform.towns import ABROAD, city_code, state_code

CUSTOMER, EMPTY, TABLE, SHOP = "customer", "empty", "ibge", "shop"
# The question of an incomplete address whose CEP no provider tells: the only one that a provider's
# later answer settles.
UNKNOWN = "zip_code_unknown"
WITHOUT_NUMBER = "S/N"
_SAYS_NONE = {"sn", "semnumero", "snumero", "sno"}
# CEPs that end in 900 to 959 belong to one large user each; there `logradouro` may end in the house
# number. Elsewhere a number at the end is part of the street's name ("Rua 13 de Maio", "Quadra 1").
_LARGE_USER = re.compile(r"[0-9]{5}9[0-5][0-9]")
_STREET_AND_NUMBER = re.compile(r"(.*[^\W\d].*?),? ([0-9]{1,6})")
# NF-e 4.00, group E: xLgr, xBairro and xMun have 2 to 60 characters, nro and xCpl 1 to 60.
_LENGTHS = {"street": 2, "neighborhood": 2, "city": 2, "number": 1, "complement": 1}
# The city of an address abroad is EXTERIOR.
_WRITTEN_ABROAD = ("street", "neighborhood", "number", "complement")
MOST_ON_NOTE = 60


@dataclass(frozen=True)
class AddressParts:
    """An address as typed; `state` in two letters or by name, `country` in ISO letters ("" is
    Brazil)."""

    zip_code: str = ""
    country: str = "BR"
    state: str = ""
    city: str = ""
    neighborhood: str = ""
    street: str = ""
    number: str = ""
    complement: str = ""
    ibge: str = ""


@dataclass(frozen=True)
class Merged:
    """The address to keep, each part's source ("customer", a provider's name, "ibge" for our own
    table of city codes, "shop" for the shop's own place, or "empty"), the question that stops it
    (None: it may go on) and the warnings that do not."""

    address: AddressParts
    sources: dict[str, str]
    question: Issue | None = None
    warnings: tuple[Issue, ...] = ()


def merge(
    typed: AddressParts, answer: PostalAnswer | None, sources: Mapping[str, str] | None = None
) -> Merged:
    """Completes `typed` from the answer for its CEP; None says that no provider knows the CEP.

    `sources` are those of an earlier merge: what a provider filled then is a blank again now, so
    that a mended CEP does not quarrel with its predecessor's city. A part that a person mends must
    be "customer" in it.
    """
    if typed.country.strip().upper() not in ("", "BR"):
        return _merged(
            replace(typed, ibge=ABROAD), {"ibge": TABLE}, _wrong_length(typed, _WRITTEN_ABROAD)
        )
    own = _as_typed(typed, sources or {})
    cep = normalize_cep(own.zip_code)
    if cep is None:
        return _merged(own, {}, _zip_code_question(own.zip_code))
    own = replace(own, zip_code=format_cep(cep), number=_number(own.number))
    if answer is None:
        return _by_hand(own)
    if conflict := _conflict(own, answer):
        return _merged(own, {}, conflict)
    filled, origin = _fill(own, answer)
    return _merged(filled, origin, _missing(filled), _warnings(filled, answer))


def _as_typed(typed: AddressParts, sources: Mapping[str, str]) -> AddressParts:
    ours = {
        part: value
        for part, value in vars(typed).items()
        if sources.get(part, CUSTOMER) == CUSTOMER
    }
    ours.pop("ibge", None)
    clean = {part: " ".join(value.split()) for part, value in ours.items()}
    clean["state"] = state_code(clean.get("state", "")) or clean.get("state", "")
    return AddressParts(**clean | {"country": "BR"})


def _number(written: str) -> str:
    return WITHOUT_NUMBER if folded(written) in _SAYS_NONE else written


def _zip_code_question(written: str) -> Issue:
    if not written:
        return address_issue("zip_code_missing", "address.zip_code")
    return address_issue("zip_code_malformed", "address.zip_code", {"zip_code": written[:20]})


def _by_hand(own: AddressParts) -> Merged:
    """An unknown CEP: goes on only with an address typed in full, the city's code taken from our
    own table."""
    if not all((own.street, own.neighborhood, own.number, own.city, own.state)):
        return _merged(
            own, {}, address_issue(UNKNOWN, "address.zip_code", {"zip_code": own.zip_code})
        )
    code = city_code(own.city, own.state) or ""
    complete = replace(own, ibge=code)
    return _merged(complete, {"ibge": TABLE} if code else {}, _missing(complete))


def _conflict(own: AddressParts, answer: PostalAnswer) -> Issue | None:
    found = {"zip_code": own.zip_code, "found_city": answer.city, "found_state": answer.state}
    if own.state and own.state != answer.state:
        return address_issue("state_differs", "address.state", {**found, "typed": own.state})
    if own.city and folded(own.city) != folded(answer.city) and not _same_city(own, answer):
        return address_issue("city_differs", "address.city", {**found, "typed": own.city})
    return None


def _same_city(own: AddressParts, answer: PostalAnswer) -> bool:
    """Two spellings of one city ("Dona Eusébia", "Dona Euzébia") have one code."""
    return bool(answer.ibge) and city_code(own.city, answer.state) == answer.ibge


def _fill(own: AddressParts, answer: PostalAnswer) -> tuple[AddressParts, dict[str, str]]:
    """The blanks filled, and by whom. The answer's complement is a range of numbers, never the
    customer's. What is too long for an NF-e stands there too, for a person to shorten."""
    street, number = _street_and_number(answer)
    offered = {
        "street": street,
        "number": number,
        "neighborhood": answer.neighborhood,
        "city": answer.city,
        "state": answer.state,
        "ibge": answer.ibge,
    }
    new = {part: value for part, value in offered.items() if value and not getattr(own, part)}
    return replace(own, **new), dict.fromkeys(new, answer.provider)


def _street_and_number(answer: PostalAnswer) -> tuple[str, str]:
    """The street without a large user's number in it, and that number ("" for any other CEP)."""
    inside = (
        _STREET_AND_NUMBER.fullmatch(answer.street) if _LARGE_USER.fullmatch(answer.cep) else None
    )
    if inside:
        return inside[1], inside[2]
    return answer.street, only_number(answer.complement)


def _missing(address: AddressParts) -> Issue | None:
    """The first thing that the NF-e needs and that only a person can say."""
    if not address.street:
        code = "street_missing" if address.neighborhood else "street_of_general_zip_code"
        return address_issue(code, "address.street")
    if not address.neighborhood:
        return address_issue("neighborhood_missing", "address.neighborhood")
    if not address.number:
        return address_issue("number_missing", "address.number")
    if question := _wrong_length(address, tuple(_LENGTHS)):
        return question
    if not address.ibge:
        return address_issue(
            "city_unknown", "address.city", {"city": address.city, "state": address.state}
        )
    return None


def _wrong_length(address: AddressParts, parts: tuple[str, ...]) -> Issue | None:
    for part in parts:
        length = len(getattr(address, part))
        if length and not _LENGTHS[part] <= length <= MOST_ON_NOTE:
            return address_issue(f"{part}_length", f"address.{part}")
    return None


def _warnings(address: AddressParts, answer: PostalAnswer) -> tuple[Issue, ...]:
    warnings = []
    number = house_number(address.number)
    own_number = _street_and_number(answer)[1]
    if number is not None and not covers(own_number or answer.complement, number):
        params = {"number": address.number, "range": own_number or answer.complement}
        warnings.append(address_issue("number_outside_range", "address.number", params))
    if answer.unit:
        warnings.append(address_issue("large_user", "address.zip_code", {"unit": answer.unit}))
    return tuple(warnings)


def _merged(
    address: AddressParts,
    origin: dict[str, str],
    question: Issue | None = None,
    warnings: tuple[Issue, ...] = (),
) -> Merged:
    sources = {
        part.name: origin.get(part.name) or (CUSTOMER if getattr(address, part.name) else EMPTY)
        for part in fields(address)
    }
    return Merged(address, sources, question, warnings)

"""What an address leaves to a person, as issues by code."""

from collections.abc import Iterable
from typing import Any

from webapp.addresses.parts import AddressColumns
from webapp.platform.issues import ERROR, N_, WARNING, Issue

TEXTS = {
    "zip_code_missing": N_("The address has no postal code. Ask the customer for it."),
    "zip_code_malformed": N_(
        "“%(zip_code)s” is not a postal code. It has eight digits, as in 01001-000."
    ),
    "zip_code_unknown": N_(
        "We did not find the postal code %(zip_code)s. Check it with the customer, or complete the "
        "address by hand."
    ),
    "providers_unavailable": N_(
        "No postal code service answers right now. The postal code %(zip_code)s will be looked up "
        "again by itself. To go on without it, complete the street, the number, the neighborhood, "
        "the city and the state by hand."
    ),
    "zip_code_unchecked": N_(
        "No postal code service answered, so this address goes on as it was typed, unchecked."
    ),
    "street_missing": N_("The postal code does not bring the street. Ask the customer for it."),
    "street_of_general_zip_code": N_(
        "This postal code stands for the whole city and does not bring the street. "
        "Ask the customer for the street and the neighborhood."
    ),
    "state_differs": N_(
        "The postal code %(zip_code)s is in %(found_city)s/%(found_state)s, but the address says "
        "the state is %(typed)s. Which one is right?"
    ),
    "city_differs": N_(
        "The postal code %(zip_code)s is in %(found_city)s/%(found_state)s, but the address says "
        "the city is %(typed)s. Which one is right?"
    ),
    "city_unknown": N_(
        "We do not know a city called %(city)s in %(state)s. Check the city and the state."
    ),
    "neighborhood_missing": N_(
        "The neighborhood is missing, and the postal code does not bring it. Ask the customer."
    ),
    "number_missing": N_("The street number is missing. Type it, or S/N where there is none."),
    "street_length": N_("The street must have 2 to 60 characters. Shorten or complete it."),
    "neighborhood_length": N_(
        "The neighborhood must have 2 to 60 characters. Shorten or complete it."
    ),
    "city_length": N_("The city must have 2 to 60 characters. Shorten or complete it."),
    "number_length": N_("The street number can have at most 60 characters. Shorten it."),
    "complement_length": N_("The complement can have at most 60 characters. Shorten it."),
    "number_outside_range": N_(
        "Number %(number)s is outside what the postal code covers on this street: %(range)s. "
        "Check the number and the postal code."
    ),
    "large_user": N_("This postal code belongs to one address only: %(unit)s."),
}

FIX = N_("Fix the address")
# What the button says where it is not "Fix the address".
FIXES = {"providers_unavailable": N_("Complete by hand and go on")}


def address_issue(
    code: str, field: str, params: dict[str, str] | None = None, level: str = ERROR
) -> Issue:
    """The issue that `code` names; `field` is the part to fix (`address.street`), `params` what its
    words need."""
    return Issue(code, field, params or {}, level, TEXTS[code], FIXES.get(code, FIX))


def warnings_to_json(warnings: Iterable[Issue]) -> list[dict[str, Any]]:
    """For the column `address_warnings`, which `warnings_of` reads."""
    return [
        {"code": issue.code, "field": issue.field, "params": dict(issue.params)}
        for issue in warnings
    ]


def warnings_of(record: AddressColumns) -> list[Issue]:
    """What a person should look at though nothing stops."""
    return [
        address_issue(stored["code"], stored["field"], stored["params"], WARNING)
        for stored in record.address_warnings
    ]

"""The shapes of a customer, an address, an agent and of what is asked of customers."""

import re
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from webapp.addresses.merge import MOST_ON_NOTE
from webapp.addresses.parts import LONGEST_TEXT
from webapp.customers.models import Taxpayer
from webapp.http.fields import (
    Document,
    Email,
    OfSomeCountry,
    Phone,
    StateRegistration,
    refuse_strange_registration,
)
from webapp.http.filters import ListQuery
from webapp.http.formatting import is_country
from webapp.http.forms import FieldRefused, Flag, Percent, Shape, Text, example
from webapp.http.patches import partial
from webapp.platform.cep import format_cep, normalize_cep
from webapp.platform.towns import state_code

_CODE = re.compile(r"[A-Za-z0-9._-]{1,20}", re.ASCII)


def _country(written: str) -> str:
    if not is_country(written.upper()):
        raise ValueError(_l("There is no such country; use its two letters, like PT."))
    return written.upper()


def _state(written: str) -> str:
    """Two letters, also for a Brazilian state's whole name."""
    return state_code(written) or written.upper()


def _code(written: str) -> str:
    if not _CODE.fullmatch(written):
        raise ValueError(_l("Use up to 20 letters, digits, dots or dashes."))
    return written


STATES = frozenset(
    "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO".split()
)


class AddressIn(Shape):
    """As typed: blanks are filled later from the postal code."""

    model_config = example({"zip_code": "01025-020", "number": "100"})

    # First, for the postal code is read by it.
    country: Annotated[
        str, Field(strict=True, pattern=r"^[A-Za-z]{2}$"), AfterValidator(_country)
    ] = "BR"
    zip_code: Annotated[str, Text(20)] = ""
    state: Annotated[str, Text(30), AfterValidator(_state)] = ""
    city: Annotated[str, Text(LONGEST_TEXT)] = ""
    neighborhood: Annotated[str, Text(LONGEST_TEXT)] = ""
    street: Annotated[str, Text(LONGEST_TEXT)] = ""
    number: Annotated[str, Text(LONGEST_TEXT)] = ""
    complement: Annotated[str, Text(LONGEST_TEXT)] = ""

    @field_validator("zip_code", mode="after")
    @classmethod
    def written_forms_of_a_cep(cls, written: str, info: ValidationInfo) -> str:
        """In Brazil a CEP in any written form becomes 01001-000; what is not one is asked about
        when it is looked up. Another country's code stays as it is written there."""
        bare = normalize_cep(written) if info.data.get("country") == "BR" else None
        return format_cep(bare) if bare else written

    @model_validator(mode="after")
    def brazilian_parts(self):
        if self.country == "BR" and self.state and self.state not in STATES:
            raise FieldRefused("state", _l("Use the two letters of a Brazilian state, like SP."))
        if self.country == "BR" and self.zip_code and not normalize_cep(self.zip_code):
            raise FieldRefused(
                "zip_code", _l("This is not a CEP; write its eight digits, like 01025-020.")
            )
        return self


AddressPatch = partial(AddressIn)


class NoteAddressIn(AddressIn):
    """As a person types it, who is told at once what an NF-e has no room for."""

    city: Annotated[str, Text(MOST_ON_NOTE)] = ""
    neighborhood: Annotated[str, Text(MOST_ON_NOTE)] = ""
    street: Annotated[str, Text(MOST_ON_NOTE)] = ""
    number: Annotated[str, Text(MOST_ON_NOTE)] = ""
    complement: Annotated[str, Text(MOST_ON_NOTE)] = ""


class CustomerIn(OfSomeCountry):
    model_config = example(
        {
            "name": "Maria das Dores",
            "document": "529.982.247-25",
            "email": "maria@example.com",
            "address": {"zip_code": "01025-020", "number": "100"},
        }
    )

    name: Annotated[str, Text(120, required=True)]
    document: Document = ""
    email: Email = ""
    phone: Phone = ""
    address: AddressIn = AddressIn()
    state_registration: StateRegistration = ""
    taxpayer: Taxpayer = Taxpayer.NON_CONTRIBUTOR

    @model_validator(mode="after")
    def registration_of_its_state(self):
        if self.state_registration and self.address.country == "BR":
            refuse_strange_registration(self.state_registration, self.address.state)
        return self


class TypedCustomerIn(CustomerIn):
    address: NoteAddressIn = NoteAddressIn()


CustomerPatch = partial(CustomerIn)


class CustomerAddressIn(Shape):
    model_config = example(
        {"label": "Work", "for_delivery": True, "address": {"zip_code": "01025-020", "number": "9"}}
    )

    label: Annotated[str, Text(60, required=True)]
    for_delivery: Flag = False
    address: AddressIn


class TypedAddressIn(CustomerAddressIn):
    address: NoteAddressIn


CustomerAddressPatch = partial(CustomerAddressIn)


class CustomerQuery(ListQuery):
    q: str = ""


class AgentIn(Shape):
    model_config = example({"code": "A1", "name": "Ana Paula Reis", "commission_percent": "5.00"})

    code: Annotated[str, Field(strict=True), AfterValidator(_code)]
    name: Annotated[str, Text(80, required=True)]
    commission_percent: Percent

"""The shapes of the companies that an NF-e names beside shop and buyer."""

import re
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field, model_validator

from webapp.http.answers import OutShape
from webapp.http.fields import StateRegistration, refuse_strange_registration
from webapp.http.filters import ListQuery
from webapp.http.forms import FieldRefused, Shape, Text, example
from webapp.platform.documents import normalize_document
from webapp.platform.towns import city_code, state_code
from webapp.store.models import PartnerKind

CNPJ_LENGTH = 14
_CODE = re.compile(r"[a-z0-9._-]{1,20}", re.ASCII)


def _code(written: str) -> str:
    code = written.lower()
    if not _CODE.fullmatch(code):
        raise ValueError(_l("Use up to 20 letters, digits, dots or dashes."))
    return code


def _cnpj(written: str) -> str:
    bare = normalize_document(written)
    if bare is None or len(bare) != CNPJ_LENGTH:
        raise ValueError(_l("This is not a CNPJ: its check digits do not fit. Type it again."))
    return bare


def _state(written: str) -> str:
    code = state_code(written) if written else ""
    if code is None:
        raise ValueError(_l("Use the two letters of a Brazilian state, like SP."))
    return code


PartnerCode = Annotated[str, Field(strict=True), AfterValidator(_code)]


class PartnerIn(Shape):
    """`seller_id`: the shop's own name at a marketplace. State registration and address are a
    carrier's."""

    model_config = example(
        {
            "kind": "carrier",
            "code": "andorinha",
            "name": "Transportadora Andorinha Ltda",
            "cnpj": "99.777.666/0001-18",
            "city": "Osasco",
            "state": "SP",
        }
    )

    kind: PartnerKind
    code: PartnerCode
    name: Annotated[str, Text(60, required=True), Field(min_length=2)]
    cnpj: Annotated[str, Text(20, required=True), AfterValidator(_cnpj)]
    seller_id: Annotated[str, Text(60)] = ""
    state_registration: StateRegistration = ""
    street: Annotated[str, Text(60)] = ""
    city: Annotated[str, Text(60)] = ""
    state: Annotated[str, Text(20), AfterValidator(_state)] = ""

    @model_validator(mode="after")
    def facts_of_its_kind(self):
        if self.kind is PartnerKind.MARKETPLACE and len(self.seller_id) < 2:
            message = _l("The NF-e names the shop as the marketplace does: write its id there.")
            raise FieldRefused("seller_id", message)
        if self.kind is not PartnerKind.MARKETPLACE and self.seller_id:
            raise FieldRefused("seller_id", _l("Only a marketplace knows the shop by an id."))
        if self.kind is not PartnerKind.CARRIER:
            return self
        if self.state_registration and not self.state:
            raise FieldRefused("state", _l("A state registration needs its state."))
        if self.state_registration:
            refuse_strange_registration(self.state_registration, self.state)
        if self.city and self.state and city_code(self.city, self.state) is None:
            raise FieldRefused("city", _l("There is no such city in this state; check both."))
        return self


class PartnerQuery(ListQuery):
    kind: PartnerKind | None = None


class PartnerOut(OutShape):
    """`cnpj` is bare."""

    kind: PartnerKind
    code: str
    name: str
    cnpj: str
    seller_id: str
    state_registration: str
    street: str
    city: str
    state: str

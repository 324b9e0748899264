"""The shapes of the companies that an NF-e names beside shop and buyer."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field, model_validator

from webapp.http.answers import OutShape
from webapp.http.fields import StateRegistration, refuse_strange_registration, why_no_cnpj
from webapp.http.filters import ListQuery
from webapp.http.forms import FieldRefused, OneOf, Shape, Text, example
from webapp.platform.documents import normalize_document
from webapp.platform.towns import city_code, state_code
from webapp.store.models import CODE, MELHOR_ENVIO, PartnerKind

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
        raise ValueError(why_no_cnpj(written))
    return bare


def _state(written: str) -> str:
    code = state_code(written) if written else ""
    if code is None:
        raise ValueError(_l("Use the two letters of a Brazilian state, like SP."))
    return code


def _tracking_link(written: str) -> str:
    if not written:
        return ""
    parts = urlsplit(written)
    if parts.scheme not in ("http", "https") or not parts.hostname or CODE not in written:
        raise ValueError(
            _l("Write an address with {code} in it, like https://carrier.example/track?code={code}")
        )
    return written


PartnerCode = Annotated[str, Field(strict=True), AfterValidator(_code)]


class PartnerIn(Shape):
    """`seller_id`: the shop's own name at a marketplace. State registration, address, and what
    follows them are a carrier's: the link by which its parcels are followed, who sells its labels
    and the number of its service there."""

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
    tracking_link: Annotated[str, Text(200), AfterValidator(_tracking_link)] = ""
    label_provider: Annotated[str, OneOf(("", MELHOR_ENVIO))] = ""
    label_service: Annotated[str, Text(10)] = ""

    @model_validator(mode="after")
    def facts_of_its_kind(self):
        if self.kind is PartnerKind.MARKETPLACE and len(self.seller_id) < 2:
            message = _l("The NF-e names the shop as the marketplace does: write its id there.")
            raise FieldRefused("seller_id", message)
        if self.kind is not PartnerKind.MARKETPLACE and self.seller_id:
            raise FieldRefused("seller_id", _l("Only a marketplace knows the shop by an id."))
        if self.kind is not PartnerKind.CARRIER:
            self._refuse_facts_of_a_carrier()
            return self
        if bool(self.label_provider) != bool(self.label_service):
            missing = "label_service" if self.label_provider else "label_provider"
            raise FieldRefused(missing, _l("Labels need both, provider and service."))
        if self.label_service and not re.fullmatch("[0-9]+", self.label_service, re.ASCII):
            raise FieldRefused("label_service", _l("The number of a service has digits only."))
        if self.state_registration and not self.state:
            raise FieldRefused("state", _l("A state registration needs its state."))
        if self.state_registration:
            refuse_strange_registration(self.state_registration, self.state)
        if self.city and self.state and city_code(self.city, self.state) is None:
            raise FieldRefused("city", _l("There is no such city in this state; check both."))
        return self

    def _refuse_facts_of_a_carrier(self) -> None:
        for name in ("tracking_link", "label_provider", "label_service"):
            if getattr(self, name):
                raise FieldRefused(name, _l("Only a carrier has this."))


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
    tracking_link: str
    label_provider: str
    label_service: str

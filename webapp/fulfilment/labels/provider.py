"""What a seller of labels is asked and answers. Another one is a class with these methods."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from webapp.fulfilment.labels.models import TrackingKind


class SellerAway(Exception):
    """No answer that can be used. The message is a word of `words.REASONS`."""


class SellerRefused(Exception):
    """It understood and does not do it. The message is its own, for people."""


class Box(NamedTuple):
    """Of a parcel, in whole centimetres and grams."""

    height_cm: int
    width_cm: int
    length_cm: int
    weight_g: int


class Quote(NamedTuple):
    """`days`: until it is there; None where that is not told."""

    service: str
    name: str
    carrier: str
    price: Decimal
    days: int | None


class Put(NamedTuple):
    """A label that was laid aside: its id at the provider, and what it costs there."""

    provider_id: str
    price: Decimal | None


class ParcelStanding(NamedTuple):
    """How far a label is at its provider; `code` is blank until the carrier has given one."""

    is_paid: bool
    is_cancelled: bool
    code: str
    events: Mapping[TrackingKind, dt.datetime]


class LabelProvider(Protocol):
    """Each method raises SellerAway and SellerRefused."""

    def quote(self, from_cep: str, to_cep: str, box: Box, insured: Decimal) -> list[Quote]: ...

    def put(self, wanted: dict[str, Any]) -> Put:
        """Lays a label aside, unpaid."""

    def find(self, reference: str) -> Put | None:
        """That which bears our name."""

    def buy(self, provider_id: str) -> None:
        """Pays for what was put; it does so once for an id, however often it is asked."""

    def make(self, provider_id: str) -> bytes:
        """The label as a PDF."""

    def standings(self, provider_ids: Sequence[str]) -> dict[str, ParcelStanding]:
        """By id, of those that it knows."""

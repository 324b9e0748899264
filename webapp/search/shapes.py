"""The shape of what a search found, in answers."""

from typing import Literal

from webapp.http.answers import OutShape


class HitOut(OutShape):
    """`url`: its page, from the shop's address on."""

    kind: Literal["sale", "invoice", "customer", "product"]
    id: int
    title: str
    subtitle: str
    url: str


class HitsOut(OutShape):
    items: list[HitOut]

"""The shapes of rehearsals in answers."""

import datetime as dt

from webapp.http.answers import OutShape


class RehearsalBegunOut(OutShape):
    id: int


class CauseOut(OutShape):
    """`field` is where it is mended; of a mere change it is empty. `products` are the first
    thousand."""

    code: str
    message: str
    field: str
    notes: int
    products: list[str]


class RehearsalOut(OutShape):
    """`notes` were built, `changed` of them are written otherwise, `refused` would be refused or
    held."""

    id: int
    status: str
    day: dt.date
    notes: int
    changed: int
    refused: int
    products: int
    causes: list[CauseOut]

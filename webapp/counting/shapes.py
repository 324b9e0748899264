"""The shape of a count in answers."""

from webapp.counting.models import CountStatus
from webapp.http.answers import Moment, OutShape


class DifferenceOut(OutShape):
    """`expected`: what the ledger said at that moment; `moved`: by how much the stock was changed,
    null before."""

    sku: str
    at: Moment
    counted: int
    expected: int
    difference: int
    moved: int | None


class CountOut(OutShape):
    """`differences`: of the products whose number was another than expected."""

    id: int
    status: CountStatus
    differences: list[DifferenceOut]

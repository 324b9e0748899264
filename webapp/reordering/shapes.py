"""The shape of a line of the reorder list in answers."""

from webapp.http.answers import MoneyText, OutShape


class ReorderOut(OutShape):
    """`sold`: units of the last 30 days, returns taken off; `days_left`: how long the stock lasts
    at that rate, null where nothing was sold; `quantity`: what to buy; `value`: at cost, null
    where that is not known."""

    sku: str
    name: str
    supplier: str
    stock: int
    low_stock: int
    sold: int
    days_left: int | None
    quantity: int
    cost: MoneyText | None
    value: MoneyText | None

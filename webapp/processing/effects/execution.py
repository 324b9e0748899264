"""What an effect is done with."""

import datetime as dt

from webapp.processing.facts import BatchContext, day_paid
from webapp.processing.staff_tasks import open_task
from webapp.rules.models import Effect
from webapp.sales.models import Sale, SaleLine


class Execution:
    """Effects of one sale being done.

    batch what the sales of the batch have in common
    paid  the shop's day on which it was paid
    month the month that its money belongs to
    held  a rule keeps the sale from doing anything outside the house
    late  the sale went on without these effects
    """

    def __init__(
        self, sale: Sale, batch: BatchContext, now: dt.datetime, held: bool, late: bool = False
    ):
        self.sale = sale
        self.batch = batch
        self.now = now
        self.held = held
        self.late = late
        self.paid = day_paid(sale)
        self.month = self.paid.strftime("%Y-%m")

    def lines(self, effect: Effect) -> list[SaleLine]:
        """The lines it is about, without a gift that could not be added."""
        lines = {line.position: line for line in self.sale.lines}
        return [lines[number] for number in effect.params["lines"] if number in lines]

    def open_task(self, effect: Effect, code: str, **params: object) -> None:
        """Asks a person for what the effect cannot do itself."""
        open_task(self.sale, code, effect, **params)

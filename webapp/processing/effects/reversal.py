"""What an effect is undone with."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.fulfilment.tasks.models import Task
from webapp.http.formatting import shop_day
from webapp.messages.models import Message
from webapp.platform.database import db
from webapp.processing.staff_tasks import open_task
from webapp.rules.core.events import PAID
from webapp.rules.models import Effect, EffectStatus
from webapp.sales.models import Sale, SaleLine

CANCELLED = "cancelled"
# Of what an effect records, a task and an e-mail are also changed by others.
LOCKED = (Message, Task)

Record = TypeVar("Record")


def refund_event(number: int) -> str:
    return f"refund:{number}"


class Part(NamedTuple):
    """Units of a line whose share is to be reversed: those after the first `before`, up to
    `after`."""

    line: SaleLine
    before: int
    after: int

    @property
    def units(self) -> int:
        return self.after - self.before

    def of(self, amount: Decimal) -> Decimal:
        """Their share of an amount of the whole line."""
        return self.line.share(amount, self.after) - self.line.share(amount, self.before)


class Reversal:
    """One event of a sale that takes back what its effects did.

    units          come back with this event, by line; gifts join them
    here           of these, by line, what has shipped and is in the house again
    reversed       effects that earlier events have reversed, by id
    reversed_units how many units of them, by id

    Of a commission or royalty as much is taken back as the refunded units' share of what was
    recorded, so that with the last unit both balance to the cent. What has no parts (a gift, a
    membership) is undone with the last unit of its lines.
    """

    def __init__(
        self,
        sale: Sale,
        event: str,
        now: dt.datetime,
        units: dict[int, int],
        here: Mapping[int, int],
    ):
        self.sale = sale
        self.event = event
        self.now = now
        self.whole = event == CANCELLED
        self.month = shop_day(now).strftime("%Y-%m")
        self.lines = {line.position: line for line in sale.lines}
        self.units, self.here = Counter(units), here
        self.reversed: set[int] = set()
        self.reversed_units: Counter[int] = Counter()
        self.effects: list[Effect] = []
        self._records: dict[type, dict[int, Any]] = {}
        self._read_effects()

    def _read_effects(self) -> None:
        """The last one done first."""
        query = select(Effect).where(Effect.sale_id == self.sale.id).order_by(Effect.id.desc())
        for effect in db.session.scalars(query):
            if effect.reverses is None:
                # What a shipment or a refund was answered with is not taken back by the next one.
                if effect.event == PAID:
                    self.effects.append(effect)
            else:
                self.reversed.add(effect.reverses)
                self.reversed_units[effect.reverses] += effect.params.get("units", 0)

    # -- what is there -----------------------------------------------------------------------------

    def records(self, model: type[Record]) -> dict[int, Record]:
        """What the sale's effects have recorded in a table, by the effect's id; read once."""
        if model not in self._records:
            table: Any = model
            query = select(table).where(table.sale_id == self.sale.id, table.effect_id.is_not(None))
            query = query.order_by(table.id)
            if model in LOCKED:
                query = query.with_for_update(of=table)
            self._records[model] = {row.effect_id: row for row in db.session.scalars(query)}
        return self._records[model]

    def came_back(self, line: SaleLine) -> int:
        """Units of the line that came back, in all."""
        return line.quantity if self.whole else line.refunded

    def is_back(self, effect: Effect) -> bool:
        """Whether all units of all its lines came back; an effect of no line is of all that were
        bought."""
        bought = [line.position for line in self.sale.lines if not line.gift]
        lines = [
            self.lines[number]
            for number in effect.params["lines"] or bought
            if number in self.lines
        ]
        return all(self.came_back(line) == line.quantity for line in lines)

    def part(self, effect: Effect) -> Part | None:
        """What is to be reversed now of an effect of one line; None when there is nothing."""
        line = self.lines[effect.params["lines"][0]]
        part = Part(line, self.reversed_units[effect.id], self.came_back(line))
        return part if part.units > 0 else None

    # -- what is done ------------------------------------------------------------------------------

    def twin(self, effect: Effect, amount: Decimal | None = None, **params: object) -> Effect:
        """The effect that reverses another one."""
        twin = Effect(
            decision_id=effect.decision_id,
            sale_id=self.sale.id,
            event=self.event,
            kind=effect.kind,
            target=effect.target,
            rule=effect.rule,
            params=effect.params | params,
            amount=amount,
            reverses=effect.id,
            status=EffectStatus.DONE,
        )
        db.session.add(twin)
        return twin

    def drop(self, effect: Effect) -> None:
        """It had not happened yet, and now never does."""
        message = self.records(Message).get(effect.id)
        if message:
            message.cancel()
        else:
            effect.finish(EffectStatus.CANCELLED)

    def open_task(self, twin: Effect, code: str, **params: object) -> None:
        """Asks a person for what the twin cannot do itself."""
        open_task(self.sale, code, twin, **params)

    def close_task(self, effect: Effect) -> bool:
        """Closes the task that the effect opened; whether there was one to close."""
        task = self.records(Task).get(effect.id)
        if task is None or task.done_at:
            return False
        task.complete(_("order cancelled") if self.whole else _("order refunded"), self.now)
        return True

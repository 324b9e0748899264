"""The bar above an order's page: the steps of its way, where it is, and when it got there."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from flask_babel import gettext as _

from webapp.audit.models import AuditEntry
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.http.formatting import clock_text, day_text, moment_text, shop_day
from webapp.rules.models import Decision
from webapp.sales.models import Sale, Shipping, Status

DONE, NOW, AHEAD = "done", "now", ""


class ProgressStep(NamedTuple):
    """`when` in words; `state` is one of DONE, NOW, AHEAD."""

    name: str
    when: str
    state: str


class Progress:
    """`entries` are the sale's audit, the newest first."""

    def __init__(
        self,
        sale: Sale,
        decision: Decision | None,
        slip: PackingSlip | None,
        entries: Sequence[AuditEntry],
    ):
        self.sale, self.decision, self.slip, self.entries = sale, decision, slip, entries

    def steps(self) -> list[ProgressStep]:
        names, moments = self._names(), self._moments()
        order = list(names)
        reached = self._reached(order, moments)
        return [
            ProgressStep(
                names[key],
                self._when(moments[key]) if number < reached else self._expected(key),
                self._state(number, reached),
            )
            for number, key in enumerate(order)
        ]

    def _names(self) -> dict[str, str]:
        """The steps of this sale's way, in their order."""
        sale = self.sale
        names = {"paid": _("Paid"), "address": _("Address"), "rules": _("Rules")}
        if sale.has_goods:
            names["invoice"] = _("NF-e")
        if any(line.kind.is_goods and line.left for line in sale.lines):
            names |= {"packed": _("Packed"), "shipped": _("Shipped"), "delivered": _("Delivered")}
            following = {Shipping.TO_PACK: "packed", Shipping.PACKED: "shipped"}.get(sale.shipping)
            if following:
                names[following] = str(sale.shipping.label)
        return names

    def _moments(self) -> dict[str, dt.datetime | bool | None]:
        """When each step was done; True where nobody noted when, nothing where it was not."""
        return {
            "paid": self.sale.paid_at,
            "address": self._entered(Status.RULES, Status.ADDRESS),
            "rules": self.decision.decided_at if self.decision else None,
            "invoice": self._entered(Status.INVOICED),
            "packed": self._went(Shipping.PACKED, Shipping.SHIPPED, Shipping.DELIVERED),
            "shipped": self._went(Shipping.SHIPPED, Shipping.DELIVERED),
            "delivered": self._went(Shipping.DELIVERED),
        }

    def _reached(self, order: list[str], moments: dict[str, dt.datetime | bool | None]) -> int:
        """The step it is at. A sale sent back on its way (a fixed address) is where it is now,
        whatever it had reached before."""
        step = "invoice" if self.sale.step == "review" else self.sale.step
        if step in order:
            return order.index(step)
        return next((n for n, key in enumerate(order) if not moments[key]), len(order))

    def _state(self, number: int, reached: int) -> str:
        if number < reached:
            return DONE
        is_there = number == reached and self.sale.status is not Status.CANCELLED
        return NOW if is_there else AHEAD

    def _entered(self, status: Status, before: Status | None = None) -> dt.datetime | None:
        """When the sale last went into the state; with `before`, from that one: a sale that waited
        for somebody comes back into a state too."""
        for entry in self.entries:
            came = entry.subject == "sales" and entry.after.get("status") == status
            if came and before in (None, entry.before.get("status")):
                return entry.at
        return None

    def _went(self, state: Shipping, *later: Shipping) -> dt.datetime | bool:
        """When its goods came into the state."""
        if self.sale.shipping not in (state, *later):
            return False
        return getattr(self.slip, f"{state}_at", None) or True

    def _when(self, moment: dt.datetime | bool | None) -> str:
        """The time alone on the day of the payment."""
        if not isinstance(moment, dt.datetime):
            return ""
        paid = self.sale.paid_at
        if paid and moment != paid and shop_day(moment) == shop_day(paid):
            return clock_text(moment)
        return moment_text(moment)

    def _expected(self, key: str) -> str:
        """Until when a step ahead is to be done, where that is known."""
        if self.sale.status is Status.CANCELLED:
            return ""
        if key == "shipped" and self.sale.has_to_leave:
            return _("by %(day)s", day=moment_text(self.sale.ship_by))
        if key == "delivered" and self.slip:
            return _("by %(day)s", day=day_text(self.slip.expected_delivery))
        return ""

"""One sale told to a person: its steps, what the rules came to and why, its documents, and what
happened when."""

import datetime as dt
from decimal import Decimal
from functools import cached_property

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, or_, select

from webapp.addresses.questions import warnings_of
from webapp.audit.models import AuditEntry
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.words import task_title
from webapp.http.formatting import clock_text, day_text, moment_text, shop_day
from webapp.invoices.issues import issue_of
from webapp.invoices.models import Invoice
from webapp.invoices.queries import invoice_of
from webapp.messages.queries import messages_of_sale
from webapp.messages.words import template_name
from webapp.platform.database import db
from webapp.platform.money import ZERO
from webapp.rules.models import Decision
from webapp.rules.queries import decisions_of
from webapp.sale_pages.effect_words import EffectView, effect_views
from webapp.sale_pages.fix_links import FixLink, fix_link
from webapp.sale_pages.timeline import Happening, happenings
from webapp.sale_pages.why import Explanation, RuleRow
from webapp.sales.forms import CHANNELS
from webapp.sales.models import Refund, Sale, SaleLine, Shipping, Status

PART_LABELS = {
    "zip_code": _l("Postal code (CEP)"),
    "street": _l("Street"),
    "number": _l("Number"),
    "complement": _l("Complement"),
    "neighborhood": _l("Neighborhood"),
    "city": _l("City"),
    "state": _l("State"),
    "ibge": _l("IBGE code"),
    "country": _l("Country"),
}
SOURCE_LABELS = {
    "customer": _l("customer"),
    "empty": _l("blank"),
    "ibge": _l("IBGE table"),
    "viacep": _l("ViaCEP"),
    "brasilapi": _l("BrasilAPI"),
    "opencep": _l("OpenCEP"),
    "awesomeapi": _l("AwesomeAPI"),
    "sample": _l("sample"),
}


class Story:
    """What the page of one sale shows beside the sale itself. Each part is read once, when it is
    asked for."""

    def __init__(self, sale: Sale):
        self.sale = sale
        self.issue = issue_of(sale)
        self.channel = CHANNELS.get(sale.channel, sale.channel)

    @property
    def waits_for_person(self) -> bool:
        return self.sale.status is Status.ATTENTION

    @property
    def fix(self) -> FixLink | None:
        if self.issue is None or not self.waits_for_person:
            return None
        return fix_link(self.issue, self.sale, g.identity.role)

    @cached_property
    def invoice(self) -> Invoice | None:
        return invoice_of(self.sale.id)

    @cached_property
    def slip(self) -> PackingSlip | None:
        return db.session.scalar(select(PackingSlip).where(PackingSlip.sale_id == self.sale.id))

    @cached_property
    def open_tasks(self) -> list[tuple[str, Task]]:
        query = (
            select(Task)
            .where(Task.sale_id == self.sale.id, Task.done_at.is_(None))
            .order_by(Task.id)
        )
        return [(task_title(task), task) for task in db.session.scalars(query)]

    @cached_property
    def messages(self) -> list:
        found = db.session.scalars(messages_of_sale(self.sale.id))
        return [(template_name(one.template), one) for one in found]

    @cached_property
    def decision(self) -> Decision | None:
        return decisions_of([self.sale.id], "paid").get(self.sale.id)

    @property
    def live_keys(self) -> str:
        keys = [f"sale-{self.sale.id}"]
        keys += [f"invoice-{self.invoice.id}"] if self.invoice else []
        keys += [f"task-{task.id}" for _title, task in self.open_tasks]
        return " ".join(keys + [f"message-{one.id}" for _title, one in self.messages])

    @property
    def owes_services(self) -> list[SaleLine]:
        """Lines that are services, for which the town hall's document (NFS-e) is owed."""
        return [
            line for line in self.sale.lines if line.kind == "streaming" or line.kind.is_membership
        ]

    # -- money ------------------------------------------------------------------------------------

    @property
    def products_total(self):
        return sum((line.gross for line in self.sale.lines), ZERO)

    @property
    def discount_total(self):
        return sum((line.discount for line in self.sale.lines), ZERO)

    # -- address ----------------------------------------------------------------------------------

    @property
    def address(self) -> list[dict]:
        sources = self.sale.address_source
        parts = self.sale.address_parts | {"ibge": self.sale.ibge}
        if self.sale.country == "BR":
            parts.pop("country")
        return [
            {
                "term": label,
                "value": parts[part],
                "source": SOURCE_LABELS.get(sources.get(part), sources.get(part)),
            }
            for part, label in PART_LABELS.items()
            if part in parts
        ]

    @property
    def address_warnings(self) -> list[str]:
        return [issue.text for issue in warnings_of(self.sale)]

    # -- steps and timeline -----------------------------------------------------------------------

    @cached_property
    def entries(self) -> list[AuditEntry]:
        own = and_(AuditEntry.subject == "sales", AuditEntry.subject_id == str(self.sale.id))
        ids = db.session.scalars(select(Invoice.id).where(Invoice.sale_id == self.sale.id)).all()
        notes = and_(
            AuditEntry.subject == "invoices", AuditEntry.subject_id.in_([str(one) for one in ids])
        )
        refunds = and_(
            AuditEntry.subject == "refunds",
            AuditEntry.subject_id.in_([str(one.id) for one in self.refunds]),
        )
        return list(
            db.session.scalars(
                select(AuditEntry).where(or_(own, notes, refunds)).order_by(AuditEntry.id)
            )
        )

    @property
    def timeline(self) -> list[Happening]:
        return happenings(self.entries)

    def _reached(self, *statuses: Status) -> dt.datetime | None:
        """When the sale last went into one of the states."""
        moments = [
            entry.at
            for entry in self.entries
            if entry.subject == "sales" and entry.after.get("status") in statuses
        ]
        return moments[-1] if moments else None

    @property
    def steps(self) -> list[dict]:
        """The bar above the page: {name, when, state}, in the order of the way."""
        sale = self.sale
        at = {
            "paid": sale.paid_at,
            "address": self._reached(Status.RULES),
            "rules": self.decision.decided_at if self.decision else None,
            "invoice": self._reached(Status.INVOICED),
            "packed": self._went(Shipping.PACKED, Shipping.SHIPPED, Shipping.DELIVERED),
            "shipped": self._went(Shipping.SHIPPED, Shipping.DELIVERED),
            "delivered": self._went(Shipping.DELIVERED),
        }
        names = {"paid": _("Paid"), "address": _("Address"), "rules": _("Rules")}
        if sale.has_goods:
            names |= {"invoice": _("NF-e")}
        if any(line.kind.is_goods and line.left for line in sale.lines):
            next_one = {Shipping.TO_PACK: "packed", Shipping.PACKED: "shipped"}.get(sale.shipping)
            names |= {"packed": _("Packed"), "shipped": _("Shipped"), "delivered": _("Delivered")}
            names |= {next_one: sale.shipping.label} if next_one else {}
        # A sale sent back on its way (a mended address) is where it is now, whatever it had reached
        # before.
        begun = sale.step if sale.step in names else "invoice" if sale.step == "review" else None
        order = list(names)
        upto = (
            order.index(begun)
            if begun in order
            else next((i for i, name in enumerate(order) if not at[name]), len(order))
        )
        return [
            {
                "name": names[name],
                "when": self._when(at[name]) if i < upto else self._expected(name),
                "state": "done"
                if i < upto
                else "now"
                if i == upto and sale.status is not Status.CANCELLED
                else "",
            }
            for i, name in enumerate(order)
        ]

    def _went(self, state: Shipping, *later: Shipping) -> dt.datetime | bool:
        """When its goods came into a state; False before, True where nobody noted when."""
        return self.sale.shipping in (state, *later) and (
            getattr(self.slip, f"{state}_at", None) or True
        )

    def _when(self, moment) -> str:
        if not isinstance(moment, dt.datetime):
            return ""
        return (
            clock_text(moment)
            if self.sale.paid_at
            and shop_day(moment) == shop_day(self.sale.paid_at)
            and moment != self.sale.paid_at
            else moment_text(moment)
        )

    def _expected(self, name: str) -> str:
        return (
            _("by %(day)s", day=day_text(self.slip.expected_delivery))
            if name == "packed" and self.slip
            else ""
        )

    # -- rules and what came of them
    # ----------------------------------------------------------------

    @cached_property
    def explanation(self) -> Explanation | None:
        """Judged by the day of the payment, as the rules step did. None before the rules have
        decided."""
        return Explanation(self.decision, shop_day(self.sale.paid_at)) if self.decision else None

    @cached_property
    def effects(self) -> list[EffectView]:
        if self.decision is None:
            return []
        return effect_views(
            self.decision.effects, [one for _title, one in self.messages], self.sale.lines
        )

    @property
    def unfinished(self) -> int:
        return sum(one.effect.is_unfinished for one in self.effects)

    @cached_property
    def refunds(self) -> list[Refund]:
        return list(
            db.session.scalars(
                select(Refund).where(Refund.sale_id == self.sale.id).order_by(Refund.id)
            )
        )

    @property
    def refunded_total(self) -> Decimal:
        return sum((one.amount for one in self.refunds), ZERO)

    @property
    def can_be_undone(self) -> bool:
        """Paid and not cancelled: what an unpaid order needs is another button."""
        return self.sale.status not in (Status.OPEN, Status.CANCELLED)

    @property
    def can_be_refunded(self) -> bool:
        return (
            self.can_be_undone
            and self.decision is not None
            and any(line.left for line in self.sale.lines)
        )

    @property
    def note_total(self) -> Decimal:
        """The NF-e's own total once it is out, whatever was refunded since."""
        return self.invoice.total if self.invoice and self.invoice.is_sent else self.sale.note_total

    @property
    def rule_rows(self) -> list[RuleRow]:
        return self.explanation.rows() if self.explanation else []

    def rule_name(self, code: str) -> str:
        """Of the rule that a line owes itself to."""
        return self.explanation.name(code) if self.explanation else code

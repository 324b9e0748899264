"""One thing of the queue, with what is told of it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _

from webapp.authority.certificates import signing_hold
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.words import task_question, task_title
from webapp.http.formatting import money_text
from webapp.invoices.issues import issue_of, issues_of, warnings_on
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.messages.models import Message
from webapp.messages.words import reason_in_words, template_name
from webapp.payments.models import Charge, Finding
from webapp.platform.issues import Issue
from webapp.processing.effects import kind_of
from webapp.processing.wait_facts import wait_of_row
from webapp.processing.waiting import Surroundings, Wait, asks_for
from webapp.rules.models import Effect
from webapp.sales.models import Sale


@dataclass(frozen=True)
class QueueItem:
    """`row` is the sale itself, or what of it waits; None where all of a kind is one thing, of
    which `sale` is the oldest. Money without an order has no sale. `charge`: what a provider was
    told to collect for a sale that is not paid."""

    kind: str
    id: int
    row: Any
    sale_or_none: Sale | None
    since: dt.datetime
    amount: Decimal
    surroundings: Surroundings
    charge: Charge | None = None

    @property
    def sale(self) -> Sale:
        assert self.sale_or_none, "only money is without an order"
        return self.sale_or_none

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.id}"

    @cached_property
    def wait(self) -> Wait:
        if self.row is None:
            return asks_for(self.issue, self.since, self.surroundings)
        wait = wait_of_row(self.row, self.surroundings, self.charge)
        assert wait, "what stands in the queue waits"
        return wait

    @cached_property
    def issue(self) -> Issue | None:
        """What stands in the way, where that is an issue of a field."""
        if self.row is None:
            return signing_hold()
        if isinstance(self.row, Sale):
            return issue_of(self.row)
        if isinstance(self.row, Invoice):
            return next(iter(issues_of(self.row)), None)
        return None

    @property
    def title(self) -> str:
        """What is to be done about, in a few words; "" where the kind's name says it."""
        if isinstance(self.row, Task):
            return task_title(self.row)
        if isinstance(self.row, Effect):
            return kind_of(self.row).title(self.row)
        if isinstance(self.row, Finding):
            return str(self.row.kind.label)
        return template_name(self.row.template) if isinstance(self.row, Message) else ""

    @property
    def reason(self) -> str:
        if self.issue:
            return self.issue.text
        if isinstance(self.row, Task):
            return task_question(self.row)
        if isinstance(self.row, Effect):
            return kind_of(self.row).error_text(self.row)
        if isinstance(self.row, Message):
            return reason_in_words(self.row.error)
        if isinstance(self.row, Finding):
            return _money_words(self.row)
        return _("It is not paid yet.")

    @property
    def act(self) -> LazyString:
        """What the button of strange money says."""
        return self.row.kind.act

    @property
    def has_warnings(self) -> bool:
        """A reviewer looks at it whole."""
        is_reviewed = isinstance(self.row, Invoice) and self.row.status is InvoiceStatus.REVIEW
        return is_reviewed and bool(warnings_on(self.row))


def _money_words(finding: Finding) -> str:
    parts = []
    if finding.expected is not None:
        parts.append(_("Expected %(amount)s", amount=money_text(finding.expected)))
    if finding.found is not None:
        parts.append(_("Found %(amount)s", amount=money_text(finding.found)))
    if finding.receipt and finding.receipt.payment_id:
        parts.append(finding.receipt.payment_id)
    return " · ".join(parts)

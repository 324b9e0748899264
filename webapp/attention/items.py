"""One thing of the queue, with what is told of it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from flask_babel import gettext as _

from webapp.authority.certificates import signing_hold
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.words import task_question, task_title
from webapp.invoices.issues import issue_of, issues_of, warnings_on
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.messages.models import Message
from webapp.messages.words import reason_in_words, template_name
from webapp.platform.issues import Issue
from webapp.processing.effects import kind_of
from webapp.processing.wait_facts import wait_of_row
from webapp.processing.waiting import Surroundings, Wait, asks_for
from webapp.rules.models import Effect
from webapp.sales.models import Sale


@dataclass(frozen=True)
class QueueItem:
    """`row` is the sale itself, or what of it waits; None where all of a kind is one thing, of
    which `sale` is the oldest."""

    kind: str
    id: int
    row: Any
    sale: Sale
    since: dt.datetime
    amount: Decimal
    surroundings: Surroundings

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.id}"

    @cached_property
    def wait(self) -> Wait:
        if self.row is None:
            return asks_for(self.issue, self.since, self.surroundings)
        wait = wait_of_row(self.row, self.surroundings)
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
        return _("It is not paid yet.")

    @property
    def has_warnings(self) -> bool:
        """A reviewer looks at it whole."""
        is_reviewed = isinstance(self.row, Invoice) and self.row.status is InvoiceStatus.REVIEW
        return is_reviewed and bool(warnings_on(self.row))

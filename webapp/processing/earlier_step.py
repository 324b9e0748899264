"""What an NF-e was sent as before it went to another service is asked for until it is known: two
may be authorized, and one of them must be cancelled."""

import datetime as dt
from functools import partial
from itertools import groupby
from typing import ClassVar

from sqlalchemy.orm import joinedload, load_only, undefer
from sqlalchemy.sql.base import ExecutableOption

from webapp.authority.choosing import authority
from webapp.authority.words import PREFIX
from webapp.fiscal.authority import Answer, AuthorityAway, Meaning
from webapp.fiscal.proc import nfe_proc
from webapp.fiscal.standby import route_of
from webapp.invoices.models import EarlierSend, EarlierStatus, Invoice
from webapp.processing.claims import Step
from webapp.processing.send_step import ask_all, error_of, pause
from webapp.processing.staff_tasks import open_task

WAITS = (Meaning.WAIT, Meaning.REST)


class EarlierStep(
    Step[EarlierSend, dict[int, Answer | AuthorityAway], dict[int, Answer | AuthorityAway]]
):
    model = EarlierSend
    status = EarlierStatus.UNKNOWN
    external_load = (load_only(EarlierSend.access_key),)
    write_load: ClassVar[tuple[ExecutableOption, ...]] = (
        undefer(EarlierSend.signed_xml),
        joinedload(EarlierSend.invoice).joinedload(Invoice.sale),
    )
    lease_seconds = 90
    most_alone = None

    def tries_left(self, row: EarlierSend) -> int:
        """Never used up, as for what is sending."""
        return 1

    def call_external(self, rows: list[EarlierSend]) -> dict[int, Answer | AuthorityAway]:
        found: dict[int, Answer | AuthorityAway] = {}
        for _own, run in groupby(sorted(rows, key=_route), _route):
            some = list(run)
            found |= ask_all(some, partial(authority().query, [row.access_key for row in some]))
        return found

    def write_row(
        self, row: EarlierSend, shared: dict[int, Answer | AuthorityAway], now: dt.datetime
    ) -> None:
        answer = shared[row.id]
        if isinstance(answer, AuthorityAway) or answer.meaning in WAITS:
            row.try_later(now + pause(row.tries), error_of(answer))
        elif answer.meaning is not Meaning.AUTHORIZED:
            row.settle(EarlierStatus.ABSENT)
        elif not row.invoice.is_issued:
            # Which of the two is to stay is not known yet.
            row.try_later(now + pause(row.tries), PREFIX + "both")
        else:
            self._keep(row, answer)

    def _keep(self, row: EarlierSend, answer: Answer) -> None:
        assert answer.protnfe, "an authorisation comes with its protocol"
        row.proc_xml = nfe_proc(row.signed_xml, answer.protnfe)
        row.settle(EarlierStatus.AUTHORIZED, answer.protocol)
        invoice = row.invoice
        open_task(
            invoice.sale,
            "cancel_second_nfe",
            number=invoice.number,
            series=invoice.series,
            kept=invoice.access_key,
            access_key=row.access_key,
            protocol=answer.protocol,
        )


def _route(row: EarlierSend) -> str:
    return route_of(row.access_key)

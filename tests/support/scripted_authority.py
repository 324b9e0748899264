"""The sandbox, told what to answer to the next calls."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select, update

from webapp.authority.models import AuthorityService
from webapp.authority.sandbox import Sandbox
from webapp.fiscal.authority import Answer, AuthorityAway, Service, ServiceStatus
from webapp.invoices.models import Invoice
from webapp.platform.clock import utc_now
from webapp.platform.database import db

KEY = re.compile(rb'Id="NFe([0-9A-Z]{44})"')
LOST, DOWN = "lost", "down"


class Script:
    """`next` holds what is answered to the next calls of authorize: a code for each note, LOST
    (judged, the answer lost), DOWN, or a function of the key. Then the sandbox answers itself.
    `asked` tells the calls, in order; `sent` the bytes of each."""

    def __init__(self, monkeypatch):
        self.next: list[str | Callable[[str], str]] = []
        self.query: list[str | Callable[[Answer], Answer]] = []
        self.own_is_up = self.standby_is_up = self.says_that_it_is_up = True
        self.asked: list[str] = []
        self.sent: list[bytes] = []
        authorize, query = Sandbox.authorize, Sandbox.query

        def send(authority, signed):
            self.asked.append("authorize")
            self.sent += signed
            said = self.next.pop(0) if self.next else None
            if said == DOWN or (not self.own_is_up and _is_own(signed[0])):
                raise AuthorityAway(Service.AUTHORIZATION, "no answer", was_sent=False)
            if said == LOST:
                authorize(authority, signed)
                raise AuthorityAway(Service.AUTHORIZATION, "no answer")
            if said is None:
                return authorize(authority, signed)
            answers = []
            for document in signed:
                key = KEY.search(document)[1].decode()
                code = said(key) if callable(said) else said
                if code in ("120", "150"):
                    (judged,) = authorize(authority, [document])
                    answers.append(replace(judged, code=code, reason=f"Said {code}"))
                elif code:
                    answers.append(Answer(key, code, f"Said {code}"))
                else:
                    answers += authorize(authority, [document])
            return answers

        def ask(authority, keys):
            self.asked.append("query")
            said = self.query.pop(0) if self.query else None
            if said == DOWN or (not self.own_is_up and keys[0][34] == "1"):
                raise AuthorityAway(Service.QUERY, "no answer")
            if isinstance(said, str):
                return [Answer(key, said, f"Said {said}") for key in keys]
            answers = query(authority, keys)
            return [said(answer) for answer in answers] if said else answers

        def status(_authority, contingency=False):
            self.asked.append("standby status" if contingency else "status")
            own_is_up = self.own_is_up and self.says_that_it_is_up
            up = self.standby_is_up if contingency else own_is_up
            return ServiceStatus("107" if up else "109", "")

        monkeypatch.setattr(Sandbox, "authorize", send)
        monkeypatch.setattr(Sandbox, "query", ask)
        monkeypatch.setattr(Sandbox, "status", status)

    def take_asked(self) -> list[str]:
        """But for the questions whether it is up."""
        asked, self.asked = self.asked, []
        return [call for call in asked if "status" not in call]


def _is_own(document: bytes) -> bool:
    return KEY.search(document)[1][34:35] == b"1"


def the_invoices() -> list[Invoice]:
    db.session.rollback()
    query = select(Invoice).order_by(Invoice.id).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def later(seconds: float = 1) -> None:
    """What waits for the authority is due, and nobody leaves it alone any more, as if so much time
    had gone by since each was written."""
    gone = dt.timedelta(seconds=seconds)
    for row in the_invoices():
        if row.due_at:
            row.due_at = utc_now() - dt.timedelta(seconds=1)
    db.session.execute(update(AuthorityService).values(rests_until=None))
    for service in db.session.scalars(select(AuthorityService)):
        service.since -= gone
        if service.due_at:
            service.due_at = utc_now() - dt.timedelta(seconds=1)
    db.session.commit()

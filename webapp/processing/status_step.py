"""A service of the authority that is away is asked whether it is back; after ten minutes without
the state's own, NF-e go to the one that stands in for it, and come back by themselves."""

import datetime as dt
from typing import NamedTuple

from sqlalchemy import exists, select

from webapp.authority.choosing import authority
from webapp.authority.contingency import (
    BY_ITSELF,
    PATIENCE,
    present_contingency,
)
from webapp.authority.models import AuthorityService, ServiceState
from webapp.authority.words import AWAY, PREFIX
from webapp.fiscal.authority import AuthorityAway, Service
from webapp.fiscal.standby import STANDBY_NAMES, standby_name
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.processing.at_the_authority import (
    go_to_standby,
    hurry_notes,
    return_from_standby,
)
from webapp.processing.claims import Step
from webapp.store.queries import the_shop

# Between two questions.
EVERY = dt.timedelta(seconds=60)
STILL_AWAY, SAYS_SO = PREFIX + AWAY, PREFIX + "back"


class Backs(NamedTuple):
    """Which services are up again, as they say: the state's own, and its standby where that was
    asked."""

    own: bool
    standby: bool


class StatusStep(Step[AuthorityService, Backs, Backs]):
    model = AuthorityService
    status = ServiceState.AWAY
    lease_seconds = 60
    most_alone = None

    def tries_left(self, row: AuthorityService) -> int:
        """Never used up: one day it is back."""
        return 1

    def call_external(self, rows: list[AuthorityService]) -> Backs:
        with only_reading():
            state = the_shop().state
            db.session.rollback()
        missed = [row for row in rows if _is_missed(row, state)]
        asks_own = any(row.authorizer == state for row in rows)
        own = asks_own and _is_up()
        standby_asked = any(row.authorizer == standby_name(state) for row in rows)
        asks_standby = standby_asked or (not own and bool(missed))
        return Backs(own, asks_standby and _is_up(contingency=True))

    def write_row(self, row: AuthorityService, shared: Backs, now: dt.datetime) -> None:
        state = the_shop().state
        is_own = row.authorizer == state
        is_back = shared.own if is_own else shared.standby
        if not is_own and row.authorizer != standby_name(state):
            # It has no status to ask for: whoever needs it asks it again.
            is_back = True
        if is_back:
            _is_back(row, now)
            if is_own and row.service is Service.AUTHORIZATION and present_contingency():
                return_from_standby(now)
            return
        row.try_later(now + EVERY, STILL_AWAY)
        if _is_missed(row, state) and shared.standby and not present_contingency():
            go_to_standby(BY_ITSELF, now, by_itself=True)


def _is_missed(row: AuthorityService, state: str) -> bool:
    """NF-e have waited for it for so long that they go elsewhere."""
    is_it = row.authorizer == state and row.service is Service.AUTHORIZATION
    return is_it and row.since <= utc_now() - PATIENCE


def _is_up(contingency: bool = False) -> bool:
    try:
        return authority().status(contingency).is_up
    except AuthorityAway:
        return False


def _is_back(row: AuthorityService, now: dt.datetime) -> None:
    """It says so. Whether it does is known once it has answered an NF-e; while one waits for it,
    that one is asked about at once."""
    row.rests_until = None
    waits = exists().where(Invoice.status == InvoiceStatus.SENDING, Invoice.due_at.is_not(None))
    asks_again = row.service in (Service.AUTHORIZATION, Service.QUERY)
    if asks_again and db.session.scalar(select(waits)):
        # Those that find it away all the same are not hurried again: they have their own pace.
        if row.error != SAYS_SO:
            hurry_notes(now)
        row.try_later(now + EVERY, SAYS_SO)
    else:
        row.answer(now, None)


class AskStep(Step[AuthorityService, None, None]):
    """A person asks how it is. Its answer is noted as it comes; what is written here is that of a
    service that could not be asked."""

    model = AuthorityService
    status = ServiceState.ASKED
    lease_seconds = 60
    most_alone = None

    def call_external(self, rows: list[AuthorityService]) -> None:
        for row in rows:
            _is_up(contingency=row.authorizer in STANDBY_NAMES.values())

    def write_row(self, row: AuthorityService, shared: None, now: dt.datetime) -> None:
        row.miss(now, "", row.cause, None)

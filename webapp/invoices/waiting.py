"""What an NF-e that is at the authority waits for, in one sentence."""

import datetime as dt

from flask import g
from flask_babel import gettext as _

from webapp.authority.contingency import present_contingency
from webapp.authority.models import AuthorityService, ServiceState
from webapp.authority.service_states import services_of
from webapp.authority.words import (
    AWAY,
    PREFIX,
    TURNS,
    authorizer_label,
    clock,
    code_and_cause,
    why_it_waits,
)
from webapp.fiscal.access_key import NORMAL_EMISSION
from webapp.fiscal.authority import Service
from webapp.fiscal.standby import authorizer_of, route_of, standby_name
from webapp.http.formatting import time_text
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.store.queries import the_shop


def waits_for_authority(invoice: Invoice | None) -> str:
    """Since when, and when it is asked again; empty for one that does not wait, or not yet in
    vain."""
    if invoice is None or not invoice.error:
        return ""
    if invoice.status is InvoiceStatus.APPROVED and invoice.error == PREFIX + TURNS:
        return f"{why_it_waits(invoice.error)}."
    if invoice.status is not InvoiceStatus.SENDING:
        return ""
    return " ".join(part for part in (_cause(invoice), _next(invoice), _doubt(invoice)) if part)


def may_go_to_standby(invoice: Invoice) -> bool:
    """Nothing but the doubt whether the state's own service has it keeps it from the other one."""
    is_own = invoice.status is InvoiceStatus.SENDING and (
        route_of(invoice.access_key or "") == NORMAL_EMISSION
    )
    return is_own and invoice.answer_unknown and _present_contingency()


def _cause(invoice: Invoice) -> str:
    authorizer = authorizer_of(the_shop().state, invoice.access_key or "")
    who, (error, cause) = authorizer_label(authorizer), code_and_cause(invoice.error)
    since = clock(_since(invoice, authorizer))
    if error == AWAY:
        told = _("%(who)s has not answered since %(since)s.", who=who, since=since)
        return f"{told} {_(cause)}" if cause else told
    if error in ("108", "109"):
        return _(
            "%(who)s has stood still since %(since)s (%(code)s).", who=who, since=since, code=error
        )
    if error == "656":
        return _("%(who)s was asked too often (656) and is left alone for an hour.", who=who)
    if error in ("103", "105"):
        return _("%(who)s has had it since %(since)s and is at work on it.", who=who, since=since)
    if invoice.error.startswith(PREFIX):
        return _(
            "%(who)s: %(why)s, since %(since)s.", who=who, why=why_it_waits(error), since=since
        )
    return _("The program has met an error since %(since)s.", since=since)


def _since(invoice: Invoice, authorizer: str) -> dt.datetime:
    """When its service went away, if that was before this NF-e met it."""
    row = _services().get((authorizer, Service.AUTHORIZATION))
    first = invoice.unmet_since or invoice.updated_at
    return min(row.since, first) if row and row.status is ServiceState.AWAY else first


def _next(invoice: Invoice) -> str:
    if invoice.lease or invoice.due_at is None:
        return _("It is being asked now.")
    return _("It is asked again at %(time)s.", time=time_text(invoice.due_at))


def _doubt(invoice: Invoice) -> str:
    if not may_go_to_standby(invoice):
        return ""
    state = the_shop().state
    return _(
        "It may have arrived there: it goes to %(standby)s once %(own)s has told that it does not "
        "have it.",
        standby=standby_name(state),
        own=authorizer_label(state),
    )


# One question each for a page, not one for each row.


def _services() -> dict[tuple[str, Service], AuthorityService]:
    if "authority_services" not in g:
        state = the_shop().state
        g.authority_services = services_of([state, standby_name(state)])
    return g.authority_services


def _present_contingency() -> bool:
    if "in_contingency" not in g:
        g.in_contingency = present_contingency() is not None
    return g.in_contingency

"""The page of a month's closing, its files, and what an accountant's link leads to."""

import datetime as dt
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from webapp.audit.history import who
from webapp.catalog.models import Kind
from webapp.closings.accounts import Account, Difference, differences
from webapp.closings.files import closing_zip
from webapp.closings.forms import DeliveryIn
from webapp.closings.letters import CLOSING
from webapp.closings.models import Closing
from webapp.closings.queries import (
    account_of,
    account_to_show,
    closing_and_watch,
    closing_by_id,
    first_of,
    locked_closing,
)
from webapp.closings.words import AMOUNTS, STATES, figure_value, figure_words
from webapp.fulfilment.months import month_context, month_words
from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.http.query import typed_month
from webapp.http.signed_links import SignedLink, open_link
from webapp.invoices.models import Invoice, InvoiceStatus, InvoiceSum
from webapp.invoices.queries import issued_in
from webapp.messages.words import reason_in_words
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.staff.access import allow, anyone
from webapp.staff.throttle import refuse_flood
from webapp.store.queries import the_shop
from webapp.taxation.queries import issuer_today

bp = Blueprint("closings", __name__)
SHOWN = 20
MOST_A_MINUTE = 20


def _asked_month() -> str:
    """That of the address; else the last one that is over."""
    written = request.args.get("month", "")
    last = issuer_today().replace(day=1) - dt.timedelta(days=1)
    return f"{typed_month(written) if written else last:%Y-%m}"


@bp.get("/closing")
@allow("manager", "accountant")
def page() -> str:
    return _page(None)


def _page(form: Form | None) -> str:
    month, shop = _asked_month(), the_shop()
    account, (closing, watch) = account_to_show(month), closing_and_watch(month)
    return render_template(
        "closings/page.html",
        account=account,
        closing=closing,
        changed=_changed(closing, account.figures()),
        figure_words=figure_words,
        figure_value=figure_value,
        number_states=STATES,
        who=who,
        amounts={name: AMOUNTS[name] for name in InvoiceSum.AMOUNTS if _has_any(account, name)},
        kinds={str(kind): kind.label for kind in Kind},
        unanswered=_unanswered(month) if account.count("sending") else [],
        watch=watch,
        form=form or Form.filled(_delivery()),
        recipient=shop.accountant_email,
        why_not_sent=reason_in_words,
        **month_context(month) | {"is_over": month < _present(), "is_to_come": month > _present()},
    )


def _present() -> str:
    return f"{issuer_today():%Y-%m}"


def _has_any(account: Account, name: str) -> bool:
    return name == "total" or any(row.amounts[name] for row in account.sums)


def _delivery() -> dict[str, Any]:
    shop = the_shop()
    return {"accountant_email": shop.accountant_email, "closing_day": shop.closing_day or ""}


def _changed(closing: Closing | None, now: dict[str, str]) -> list[Difference]:
    return differences(closing.figures, now) if closing and closing.locked_at else []


def _unanswered(month: str) -> Any:
    """NF-e of the month whose answer is not known."""
    query = select(Invoice.id, Invoice.series, Invoice.number, Invoice.issued_at)
    query = query.where(Invoice.status == InvoiceStatus.SENDING, issued_in(first_of(month)))
    return db.session.execute(query.order_by(Invoice.id).limit(SHOWN)).all()


@bp.get("/closing/files.zip")
@allow("manager", "accountant")
def files() -> Response:
    return closing_zip(_asked_month())


def _to_page() -> ResponseReturnValue:
    return redirect(url_for("closings.page", month=_asked_month()), 303)


def _begun_month() -> str:
    month = _asked_month()
    if month > _present():
        words = month_words(month).capitalize()
        raise Refusal(_("%(month)s has not begun: there is nothing to close yet.", month=words))
    return month


@bp.post("/closing/lock")
@allow("manager", "accountant")
@acts(back=_to_page)
def lock() -> ResponseReturnValue:
    """Keeps the month's figures as they are now; said again, those of then."""
    month = _begun_month()
    locked_closing(month).lock(account_of(month).figures(), g.identity.actor, utc_now())
    flash(_("%(month)s is closed.", month=month_words(month).capitalize()), "good")
    return _to_page()


@bp.post("/closing/sending")
@allow("manager", "accountant")
@acts(back=_to_page)
def send() -> ResponseReturnValue:
    recipient = the_shop().accountant_email
    if not recipient:
        raise Refusal(_("Say first to whom it goes."))
    locked_closing(_begun_month()).send(recipient, utc_now())
    flash(_("The e-mail is on its way to %(address)s.", address=recipient), "good")
    return _to_page()


@bp.post("/closing/delivery")
@allow("manager", "accountant")
@submits(DeliveryIn, again=_page)
def deliver(wanted: DeliveryIn) -> ResponseReturnValue:
    shop = the_shop()
    shop.accountant_email, shop.closing_day = wanted.accountant_email, wanted.closing_day
    flash(_("That was saved."), "good")
    return _to_page()


# -- what the accountant's link leads to -----------------------------------------------------------


def _linked(token: str) -> tuple[Closing, SignedLink]:
    """Raises LinkEnded, TooManyTries and NotFound."""
    refuse_flood("closings", MOST_A_MINUTE)
    link = open_link(CLOSING, token)
    return closing_by_id(link.row_id), link


@bp.get("/closing/linked/<token>")
@anyone
def linked(token: str) -> str:
    closing, link = _linked(token)
    return render_template(
        "closings/linked.html", month_name=month_words(closing.month), until=link.until
    )


@bp.get("/closing/linked/<token>/files.zip")
@anyone
def linked_files(token: str) -> Response:
    closing, _link = _linked(token)
    return closing_zip(closing.month)

"""Pages of what the rules bring about: slips, royalties, memberships, commissions and tasks."""

import datetime as dt

from babel.dates import format_skeleton
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, pgettext
from flask_babel import gettext as _

from webapp.asked import row_ids
from webapp.errors import Refusal
from webapp.extensions import db, utc_now
from webapp.formatting import with_query
from webapp.forms import Form
from webapp.fulfilment import queries
from webapp.fulfilment.forms import OutcomeIn
from webapp.fulfilment.models import Commission, Membership, MembershipStatus, PackingSlip, RoyaltySlip, SlipStatus, Task
from webapp.fulfilment.services import commissions_csv
from webapp.fulfilment.words import task_question, task_title
from webapp.invoices.queries import invoice_of
from webapp.lists import Page, bounded_count, count_text, page_of
from webapp.money import ZERO
from webapp.staff.access import allow
from webapp.store.queries import the_shop

bp = Blueprint("fulfilment", __name__)
# The tabs whose length tells how much waits for somebody.
COUNTED = (SlipStatus.HELD, SlipStatus.AWAITING_NFE, SlipStatus.TO_PACK, SlipStatus.PACKED)


@bp.context_processor
def task_words():
    return {"task_title": task_title, "task_question": task_question}


def _asked(members):
    """The member that ?status= names; None for all."""
    written = request.args.get("status", "")
    return members(written) if written in tuple(members) else None


def _tab(label, status, chosen, count=None) -> dict:
    return {"label": label, "href": with_query(status=status, after=None, before=None), "active": status == chosen,
            "count": None if count is None else count_text(count)}


def _live_url(page: Page) -> str:
    """Where new rows are asked for: they belong on the first page only."""
    return "" if page.prev_cursor else with_query()


# -- packing slips ----------------------------------------------------------------------------------


@bp.get("/packing-slips")
@allow("clerk")
def packing_slips():
    status, q = _asked(SlipStatus), request.args.get("q", "")
    page = page_of(queries.packing_slips(status, q), (PackingSlip.id,))
    tabs = [_tab(_("All"), None, status)] + [
        _tab(each.label, each, status, bounded_count(queries.slip_ids(each)) if each in COUNTED else None)
        for each in SlipStatus
    ]
    return render_template("fulfilment/packing_slips.html", page=page, tabs=tabs, q=q, status=status, live_url=_live_url(page))


@bp.get("/packing-slips/rows")
@allow("clerk")
def packing_slip_rows():
    """A slip's row bears its sale's id and moves with it."""
    slips = db.session.scalars(queries.packing_slips().where(PackingSlip.sale_id.in_(row_ids())))
    return render_template("fulfilment/_packing_slips.html", slips=slips, fresh=True)


@bp.get("/packing-slips/<int:slip_id>")
@allow("clerk")
def packing_slip(slip_id: int):
    slip = queries.packing_slip(slip_id)
    return render_template(
        "fulfilment/packing_slip.html", slip=slip, sale=slip.sale, sender=the_shop(), invoice=invoice_of(slip.sale_id),
        gifts={line.position for line in slip.sale.lines if line.gift},
        royalties=db.session.scalars(queries.royalties_of_sale(slip.sale_id)).all() if slip.royalty_copy else [],
    )


# -- memberships ------------------------------------------------------------------------------------


@bp.get("/memberships")
@allow("clerk")
def memberships():
    status, q = _asked(MembershipStatus), request.args.get("q", "")
    page = page_of(queries.memberships(status, q), (Membership.id,))
    tabs = [_tab(pgettext("memberships", "All"), None, status)] + [
        _tab(each.label, each, status, bounded_count(queries.membership_ids(each))) for each in MembershipStatus
    ]
    return render_template("fulfilment/memberships.html", page=page, tabs=tabs, q=q, status=status, live_url=_live_url(page))


@bp.get("/memberships/rows")
@allow("clerk")
def membership_rows():
    rows = db.session.scalars(queries.memberships().where(Membership.id.in_(row_ids())))
    return render_template("fulfilment/_memberships.html", memberships=rows, fresh=True)


# -- commissions and royalties, month by month --------------------------------------------------------


def _month_context(month: str) -> dict:
    """The month in words and its neighbours, for the head of a monthly page."""
    first = dt.date.fromisoformat(month + "-01")
    before, after = first - dt.timedelta(days=1), first + dt.timedelta(days=32)
    return {"month": month, "month_name": format_skeleton("yMMMM", first, locale=get_locale()), "month_before": f"{before:%Y-%m}",
            "month_after": f"{after:%Y-%m}"}


@bp.get("/commissions")
@allow("manager", "accountant")
def commissions():
    month, agent = queries.month_of(request.args.get("month")), request.args.get("agent", "")
    totals = queries.agent_totals(month)
    if agent:
        page = page_of(queries.commissions(month, agent), (Commission.id,))
    else:
        page = page_of(queries.paid_agents(month), (Commission.agent_code,), descending=False)
    whole = {"sales": sum(total.sales for total in totals.values()),
             "sold": sum((total.sold for total in totals.values()), ZERO),
             "commission": sum((total.commission for total in totals.values()), ZERO)}
    return render_template("fulfilment/commissions.html", page=page, agent=agent, totals=totals, whole=whole,
                           **_month_context(month))


@bp.get("/commissions.csv")
@allow("manager", "accountant")
def commissions_file():
    month = queries.month_of(request.args.get("month"))
    header = [_("Agent"), _("Name"), _("Month"), _("Orders"), _("Sold"), _("Commission")]
    text = commissions_csv(month, header, brazilian=str(get_locale()).startswith("pt"))
    # The mark at its head tells spreadsheets that the file is UTF-8.
    response = Response("\ufeff" + text, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="commissions-{month}.csv"'
    return response


@bp.get("/royalties")
@allow("manager", "accountant")
def royalties():
    month, author = queries.month_of(request.args.get("month")), request.args.get("author")
    totals = queries.author_totals(month)
    page = page_of(queries.royalty_slips(month, author), (RoyaltySlip.id,))
    whole = {"copies": sum(total.copies for total in totals), "base": sum((total.base for total in totals), ZERO),
             "amount": sum((total.amount for total in totals), ZERO)}
    return render_template("fulfilment/royalties.html", page=page, author=author, totals=totals, whole=whole,
                           **_month_context(month))


# -- tasks ------------------------------------------------------------------------------------------


@bp.get("/tasks")
@allow("clerk")
def tasks():
    done = request.args.get("status") == "done"
    page = page_of(queries.tasks(done), (Task.id,))
    tabs = [_tab(_("Open"), None, "done" if done else None, bounded_count(queries.open_task_ids())),
            _tab(pgettext("tasks", "Done"), "done", "done" if done else None)]
    return render_template("fulfilment/tasks.html", page=page, tabs=tabs, done=done, live_url=_live_url(page))


@bp.get("/tasks/rows")
@allow("clerk")
def task_rows():
    return render_template("fulfilment/_tasks.html", fresh=True,
                           tasks=db.session.scalars(queries.tasks().where(Task.id.in_(row_ids()))))


@bp.get("/tasks/<int:task_id>")
@allow("clerk")
def task(task_id: int):
    return _task_page(queries.task_by_id(task_id), Form())


def _task_page(task: Task, form: Form) -> str:
    return render_template("fulfilment/task.html", task=task, form=form)


@bp.post("/tasks/<int:task_id>/completion")
@allow("clerk")
def complete_task(task_id: int):
    form = Form(request.form, OutcomeIn)
    try:
        wanted = form.parse()
    except Refusal as refusal:
        return _task_page(queries.task_by_id(task_id), form.refuse(refusal)), 422
    # Locked, so that of two outcomes said at once the first stays.
    task = queries.task_by_id(task_id, lock=True)
    if task.done_at and task.outcome != wanted.outcome:
        flash(_("Somebody settled this task before you; their outcome stays."), "warn")
        return redirect(url_for("fulfilment.task", task_id=task_id), 303)
    task.complete(wanted.outcome, utc_now())
    db.session.commit()
    flash(_("The task is done."), "good")
    return redirect(url_for("fulfilment.tasks"), 303)

"""Pages of memberships: the list, by customer."""

from flask import render_template, request
from flask_babel import pgettext

from webapp.asked import row_ids
from webapp.extensions import db
from webapp.fulfilment import queries
from webapp.fulfilment.blueprint import asked, bp, live_url, tab
from webapp.fulfilment.models import Membership, MembershipStatus
from webapp.lists import bounded_count, page_of
from webapp.staff.access import allow


@bp.get("/memberships")
@allow("clerk")
def memberships():
    status, q = asked(MembershipStatus), request.args.get("q", "")
    page = page_of(queries.memberships(status, q), (Membership.id,))
    tabs = [tab(pgettext("memberships", "All"), None, status)] + [
        tab(each.label, each, status, bounded_count(queries.membership_ids(each))) for each in MembershipStatus
    ]
    return render_template("fulfilment/memberships.html", page=page, tabs=tabs, q=q, status=status, live_url=live_url(page))


@bp.get("/memberships/rows")
@allow("clerk")
def membership_rows():
    rows = db.session.scalars(queries.memberships().where(Membership.id.in_(row_ids())))
    return render_template("fulfilment/_memberships.html", memberships=rows, fresh=True)

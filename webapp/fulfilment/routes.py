"""Pages of what the rules bring about: packing slips here, the others in modules of their own."""

from flask import render_template, request
from flask_babel import gettext as _

from webapp.asked import row_ids
from webapp.extensions import db
from webapp.fulfilment import earnings, memberships, queries, tasks
from webapp.fulfilment.blueprint import asked, bp, live_url, tab
from webapp.fulfilment.models import PackingSlip, SlipStatus
from webapp.invoices.queries import invoice_of
from webapp.lists import bounded_count, page_of
from webapp.staff.access import allow
from webapp.store.queries import the_shop

__all__ = ["bp", "earnings", "memberships", "tasks"]
# The tabs whose length tells how much waits for somebody.
COUNTED = (SlipStatus.HELD, SlipStatus.AWAITING_NFE, SlipStatus.TO_PACK, SlipStatus.PACKED)


@bp.get("/packing-slips")
@allow("clerk")
def packing_slips():
    status, q = asked(SlipStatus), request.args.get("q", "")
    page = page_of(queries.packing_slips(status, q), (PackingSlip.id,))
    tabs = [tab(_("All"), None, status)] + [
        tab(each.label, each, status, bounded_count(queries.slip_ids(each)) if each in COUNTED else None)
        for each in SlipStatus
    ]
    return render_template("fulfilment/packing_slips.html", page=page, tabs=tabs, q=q, status=status, live_url=live_url(page))


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

"""The blueprint that the pages of NF-e share; `webapp.invoice_pages.pages` gathers them."""

from flask import Blueprint

from webapp.invoices.waiting import may_go_to_standby, waits_for_authority

bp = Blueprint("invoices", __name__)


@bp.context_processor
def shared() -> dict[str, object]:
    return {"waits_for_authority": waits_for_authority, "may_go_to_standby": may_go_to_standby}

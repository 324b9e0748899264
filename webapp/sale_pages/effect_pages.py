"""Buttons that try an order's effects again."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from webapp.processing import attention
from webapp.processing.cancellation import sale_to_undo
from webapp.sale_pages.blueprint import bp, to_order
from webapp.staff.access import allow


@bp.post("/sales/<id:sale_id>/effects/<id:effect_id>/retry")
@allow("manager")
def retry_effect(sale_id: int, effect_id: int) -> Response:
    attention.retry_effect(sale_to_undo(sale_id), effect_id)
    flash(_("It is tried again now."), "good")
    return _back(sale_id)


@bp.post("/sales/<id:sale_id>/effects/retry")
@allow("manager")
def retry_effects(sale_id: int) -> Response:
    tried = attention.retry_effects(sale_to_undo(sale_id))
    if tried:
        text = ngettext(
            "%(num)s effect is tried again now.", "%(num)s effects are tried again now.", tried
        )
        flash(text, "good")
    else:
        flash(_("It is being tried already, or was done just now."), "info")
    return _back(sale_id)


def _back(sale_id: int) -> Response:
    """To the list of what failed, or to the sale."""
    if request.form.get("from") == "jobs":
        return redirect(url_for("monitor.page"), 303)
    return to_order(sale_id)

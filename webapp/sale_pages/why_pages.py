"""Pages that answer "why not RULE?" about one sale."""

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.http.handling import page_or_fragment
from webapp.platform.errors import Refusal
from webapp.sale_pages.blueprint import bp
from webapp.sale_pages.sale_page import SalePage
from webapp.sale_pages.why import Explanation, RuleAnswer
from webapp.sales.models import Sale
from webapp.sales.queries import sale_of
from webapp.staff.access import allow


def _explanation(sale_id: int) -> tuple[Sale, Explanation]:
    sale = sale_of(sale_id)
    explanation = SalePage(sale).explanation
    if explanation is None:
        raise Refusal(_("The rules have not decided about this order yet."))
    return sale, explanation


def _page(
    sale: Sale,
    explanation: Explanation,
    answer: RuleAnswer | None = None,
    found: Sequence[tuple[str, str]] = (),
) -> str:
    return page_or_fragment(
        "sales/why.html",
        "sales/_why.html",
        sale=sale,
        version=explanation.version,
        answer=answer,
        found=found,
        typed=request.args.get("q", ""),
    )


@bp.get("/sales/<id:sale_id>/rules")
@allow("clerk", "accountant")
def ask_rules(sale_id: int) -> ResponseReturnValue:
    """The rules that ?q= may mean, of the version that decided; straight to the answer when it is
    one."""
    sale, explanation = _explanation(sale_id)
    found = explanation.matching(request.args.get("q", ""))
    if len(found) == 1:
        return redirect(url_for("sales.why", sale_id=sale_id, code=found[0][0]), 303)
    return _page(sale, explanation, found=found)


@bp.get("/sales/<id:sale_id>/rule-options")
@allow("clerk", "accountant")
def rule_options(sale_id: int) -> str:
    """What the field offers while one types."""
    _sale, explanation = _explanation(sale_id)
    return render_template(
        "sales/_rule_options.html", found=explanation.matching(request.args.get("q", ""))
    )


@bp.get("/sales/<id:sale_id>/rules/<code>")
@allow("clerk", "accountant")
def why(sale_id: int, code: str) -> str:
    """Why this rule applied to the sale, or why not."""
    sale, explanation = _explanation(sale_id)
    return _page(sale, explanation, answer=explanation.answer(code))

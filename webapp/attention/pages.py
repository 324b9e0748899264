"""The attention queue: what waits for a person, mended right there. A mended row drops out, and the
next one is at hand."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.attention import queries
from webapp.attention.items import QueueItem
from webapp.attention.kinds import BY_NAME, KINDS, WaitingKind, kinds_open_to
from webapp.attention.mends import CUSTOMER_WORDS, Mend, customer_fact, product_fact
from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.http.lists import COUNT_LIMIT, count_text
from webapp.http.query import query_choice, query_word
from webapp.invoices.forms import RETURN_LABELS
from webapp.sale_pages.fix_links import FixLink, fix_link, order_link
from webapp.staff.access import allow, roles_from

bp = Blueprint("attention", __name__)
SHOWN = 50


@bp.get("/attention")
@allow("clerk", "accountant")
def index() -> str:
    return _page()


def _page(refused: tuple[str, Mend, Form] | None = None) -> str:
    """`refused`: the item, what was to be done about it, and its form as it was typed."""
    kinds = kinds_open_to(g.identity.role)
    chosen = query_word("kind", tuple(kind.name for kind in kinds)) or ""
    order = query_choice("sort", queries.QueueOrder) or queries.QueueOrder.AGE
    after = request.args.get("after") or None
    counts = queries.counts(kinds)
    asked_for = [kind for kind in kinds if chosen in ("", kind.name)]
    page = queries.queue(asked_for, order, after, SHOWN)
    opened = refused[0] if refused else request.args.get("open", "")
    asked = {"kind": chosen or None, "sort": None if order == "age" else order, "after": after}
    return render_template(
        "attention/page.html",
        items=page.items,
        tabs=_tabs(kinds, counts, chosen, asked),
        orders=_orders(order, asked),
        next_url=page.next_cursor and _url(asked, after=page.next_cursor),
        first_url=_url(asked, after=None) if after else "",
        list_url="" if refused else _url(asked, open=opened or None),
        open_url=lambda item: _url(asked, open=None if item.key == opened else item.key),
        opened=opened,
        at=request.args.get("at") or (page.items[0].key if page.items and not opened else ""),
        label_of=lambda item: BY_NAME[item.kind].label,
        mends_of=_mends_of,
        form_of=lambda item, mend: _form_of(item, mend, refused),
        mend_url=lambda item, mend: _mend_url(item, mend, page.items, asked),
        fix_of=_fix_of,
        is_over=_is_over(counts, chosen),
        return_labels=RETURN_LABELS,
        product_fact=product_fact,
        customer_words=lambda item: CUSTOMER_WORDS[customer_fact(item)],
    )


def _is_over(counts: dict[str, int], chosen: str) -> bool:
    """Whether more of a kind wait than are sorted by money, which its rows have none of."""
    return any(
        count > COUNT_LIMIT and not BY_NAME[kind].by_amount
        for kind, count in counts.items()
        if chosen in ("", kind)
    )


def _url(asked: dict[str, Any], **changes: Any) -> str:
    return url_for("attention.index", **asked | changes)


def _tabs(
    kinds: Sequence[WaitingKind], counts: dict[str, int], chosen: str, asked: dict[str, Any]
) -> list[dict[str, Any]]:
    """All, and each kind of which there is some, or that is looked at."""
    kept = asked | {"after": None}
    every = {"label": _("All"), "href": _url(kept, kind=None), "active": not chosen}
    some = [
        {
            "label": kind.label,
            "href": _url(kept, kind=kind.name),
            "active": kind.name == chosen,
            "count": count_text(counts[kind.name]),
        }
        for kind in kinds
        if counts[kind.name] or kind.name == chosen
    ]
    return [every, *some]


def _orders(order: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    names = {"age": _("Longest waiting first"), "amount": _("Most money first")}
    kept = asked | {"after": None}
    return [
        {
            "label": label,
            "href": _url(kept, sort=None if name == "age" else name),
            "active": name == order,
        }
        for name, label in names.items()
    ]


def _mends_of(item: QueueItem) -> list[Mend]:
    """What the person may do about it."""
    role = g.identity.role
    return [
        mend
        for mend in BY_NAME[item.kind].mends
        if role in roles_from(mend.role) and mend.fits(item)
    ]


def _form_of(item: QueueItem, mend: Mend, refused: tuple[str, Mend, Form] | None) -> Form:
    if refused and refused[:2] == (item.key, mend):
        return refused[2]
    return mend.form(item)


def _mend_url(item: QueueItem, mend: Mend, items: list[QueueItem], asked: dict[str, Any]) -> str:
    """With the place in the queue where one goes on."""
    keys = [each.key for each in items]
    place = keys.index(item.key)
    following = next(iter(keys[place + 1 :] or keys[max(place - 1, 0) : place]), None)
    endpoint = _endpoint(BY_NAME[item.kind], mend)
    return url_for(f"attention.{endpoint}", row_id=item.id, at=following, **asked)


def _fix_of(item: QueueItem) -> FixLink | None:
    """Its whole page: where it is fixed or, where that is right here, the order's own."""
    if item.kind in ("review", "return_note"):
        return FixLink(_("Open the NF-e"), url_for("invoices.page", invoice_id=item.row.id))
    if item.sale_or_none is None:
        return FixLink(_("Open the payments"), url_for("payments.index", kind=item.row.kind))
    link = fix_link(item.issue, item.sale, g.identity.role) if item.issue else None
    is_here = item.issue is not None and item.issue.area == "address"
    return link if link and not is_here else order_link(item.sale)


# -- what is done: one address for each thing to do about each kind -------------------------------


def _endpoint(kind: WaitingKind, mend: Mend) -> str:
    return f"{kind.name}_{mend.name}"


def _back(**_values: Any) -> Response:
    kept: dict[str, Any] = {
        name: request.args.get(name) for name in ("kind", "sort", "after", "at")
    }
    return redirect(url_for("attention.index", **kept), 303)


def _view(kind: WaitingKind, mend: Mend) -> Callable[..., Any]:
    def act(wanted: Any, row_id: int) -> Response:
        item = queries.item_of(kind, row_id)
        if item is None or not mend.fits(item):
            flash(_("Somebody has dealt with it already."), "info")
        else:
            flash(mend.do(item, wanted), "good")
        return _back()

    if mend.shape is None:
        return acts(back=_back)(lambda row_id: act(None, row_id))

    def again(form: Form, row_id: int) -> str:
        return _page((f"{kind.name}-{row_id}", mend, form))

    return submits(mend.shape, again=again)(act)


for _kind in KINDS:
    for _mend in _kind.mends:
        bp.add_url_rule(
            f"/attention/{_kind.name}/<id:row_id>/{_mend.name}",
            _endpoint(_kind, _mend),
            allow(_mend.role)(_view(_kind, _mend)),
            methods=["POST"],
        )

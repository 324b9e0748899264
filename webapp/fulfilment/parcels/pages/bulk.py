"""One thing done to many packing slips: each in a change of its own, so that one that cannot go
along keeps back no other."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.fulfilment.parcels import queries
from webapp.fulfilment.parcels.forms import MOST_AT_ONCE, ShipmentsIn
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.parcels.pages.blueprint import bp
from webapp.fulfilment.parcels.pages.slips import KEPT
from webapp.http.forms import Form
from webapp.http.query import query_ids
from webapp.http.transactions import in_transaction
from webapp.platform.clock import utc_now
from webapp.platform.errors import NotFound, Refusal
from webapp.staff.access import allow

# The news go into a cookie: so many reasons and orders are named, the rest is counted.
REASONS_TOLD, ORDERS_TOLD = 4, 3


@dataclass
class Outcome:
    """`done` and `already` hold ids of slips; `refused` the references of the others by why."""

    done: list[int] = field(default_factory=list)
    already: list[int] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)

    @property
    def asked(self) -> int:
        return len(self.done) + len(self.already) + sum(map(len, self.refused.values()))


def to_each(ids: list[int], act: Callable[[PackingSlip], bool]) -> Outcome:
    outcome = Outcome()
    references = queries.references_of(ids)
    for slip_id in ids:
        try:
            changed = in_transaction(lambda slip_id=slip_id: act(queries.slip_to_change(slip_id)))
            (outcome.done if changed else outcome.already).append(slip_id)
        except Refusal as refusal:
            outcome.refused.setdefault(str(refusal), []).append(
                references.get(slip_id, str(slip_id))
            )
    return outcome


def tell(outcome: Outcome, what: str) -> None:
    """`what` was done to how many of how many, and why not to the others."""
    words = _(
        "%(what)s: %(done)s of %(asked)s.", what=what, done=len(outcome.done), asked=outcome.asked
    )
    if outcome.already:
        words += " " + ngettext(
            "%(num)s was so before.", "%(num)s were so before.", len(outcome.already)
        )
    flash(words, "good" if outcome.done else "info")
    told = list(outcome.refused.items())[:REASONS_TOLD]
    for reason, references in told:
        flash(
            _("Passed over %(orders)s: %(reason)s", orders=_listed(references), reason=reason),
            "warn",
        )
    left = sum(map(len, outcome.refused.values())) - sum(
        len(references) for _reason, references in told
    )
    if left:
        flash(
            ngettext("%(num)s more was passed over.", "%(num)s more were passed over.", left),
            "warn",
        )


def _listed(references: list[str]) -> str:
    named, more = ", ".join(references[:ORDERS_TOLD]), len(references) - ORDERS_TOLD
    return _("%(orders)s and %(number)s more", orders=named, number=more) if more > 0 else named


def marked_ids() -> list[int]:
    """The ids that were marked, in one field or in many. Raises Refusal for none, or too many."""
    written = ",".join(request.form.getlist("ids")).split(",")
    ids = [
        int(one)
        for one in dict.fromkeys(written)
        if one.isascii() and one.isdigit() and len(one) < 10
    ]
    if not ids:
        raise Refusal(_("Mark at least one packing slip."))
    if len(ids) > MOST_AT_ONCE:
        raise Refusal(_("At most %(most)s packing slips at once.", most=MOST_AT_ONCE))
    return ids


def _kept() -> dict[str, str]:
    """The list's filters, which come along in the address."""
    return {name: request.args[name] for name in KEPT if request.args.get(name)}


def _to_list():
    return redirect(url_for("parcels.index", **_kept()), 303)


def _with_marked(act: Callable[[list[int]], Response]):
    try:
        ids = marked_ids()
    except Refusal as refusal:
        flash(str(refusal), "warn")
        return _to_list()
    return act(ids)


def _each_told(verb: Callable[[PackingSlip], bool], what: str):
    def act(ids):
        tell(to_each(ids, verb), what)
        return _to_list()

    return _with_marked(act)


@bp.post("/packing-slips/packing")
@allow("clerk")
def pack_selected():
    def act(ids):
        now = utc_now()
        outcome = to_each(ids, lambda slip: slip.pack(now))
        tell(outcome, _("Orders marked as packed"))
        # The list offers to take them back, once.
        session["packed"] = outcome.done
        return _to_list()

    return _with_marked(act)


@bp.post("/packing-slips/unpacking")
@allow("clerk")
def unpack_selected():
    return _each_told(PackingSlip.unpack, _("Back among what is to pack"))


@bp.post("/packing-slips/delivery")
@allow("clerk")
def deliver_selected():
    now = utc_now()
    return _each_told(lambda slip: slip.deliver(now), _("Orders marked as delivered"))


@bp.post("/packing-slips/printing")
@allow("clerk")
def print_selected():
    return _with_marked(lambda ids: redirect(url_for("parcels.printed", ids=_in_address(ids)), 303))


def _in_address(ids: list[int]) -> str:
    return ",".join(map(str, ids))


# -- shipping asks for the carrier first
# --------------------------------------------------------------


@bp.post("/packing-slips/shipping")
@allow("clerk")
def ask_shipment():
    return _with_marked(
        lambda ids: redirect(url_for("parcels.shipment", ids=_in_address(ids), **_kept()), 303)
    )


@bp.get("/packing-slips/shipment")
@allow("clerk")
def shipment():
    return _shipment_page(query_ids(), Form())


def _shipment_page(ids: list[int], form: Form) -> str:
    slips = queries.slips_by_ids(ids)
    if not slips:
        raise NotFound(_("There is no such packing slip."))
    return render_template("fulfilment/parcels/shipment.html", slips=slips, form=form, kept=_kept())


@bp.post("/packing-slips/shipment")
@allow("clerk")
def ship_selected():
    form = Form(request.form, ShipmentsIn)
    try:
        wanted = form.parse()
    except Refusal as refusal:
        return _shipment_page(_typed_ids(form), form.refuse(refusal)), 422
    now, codes = utc_now(), {slip.id: slip.tracking_code for slip in wanted.slips}
    tell(
        to_each(list(codes), lambda slip: slip.ship(wanted.carrier, codes[slip.id], now)),
        _("Orders marked as shipped"),
    )
    return _to_list()


def _typed_ids(form: Form) -> list[int]:
    written = [form.value(f"slips.{place}.id") for place in range(MOST_AT_ONCE)]
    return [int(one) for one in written if one.isascii() and one.isdigit() and len(one) < 10]

"""Pages that give units of an order's lines back."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self

from flask import flash, g, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from webapp.audit.tracking import because
from webapp.http.formatting import money_text
from webapp.http.forms import Form, Shape, parse
from webapp.http.handling import page_or_fragment, submits
from webapp.platform.database import db
from webapp.platform.errors import Invalid, Refusal
from webapp.platform.whole import whole_number
from webapp.processing.cancellation import sale_to_undo
from webapp.processing.forms import RefundIn
from webapp.processing.refunds import key_of, refund
from webapp.sale_pages.blueprint import bp, to_order
from webapp.sale_pages.preview import dry_run
from webapp.sale_pages.sale_page import SalePage
from webapp.sales.models import Refund, Sale
from webapp.sales.queries import sale_of
from webapp.staff.access import allow
from webapp.store.queries import the_shop

MOST_KEY = 200
USUAL_REASONS = (
    _l("Arrived damaged"),
    _l("Does not work"),
    _l("Wrong item sent"),
    _l("Not as described"),
    _l("Wrong size"),
    _l("Arrived too late"),
    _l("Never arrived"),
    _l("The customer gave it up"),
)


class UnitsForm(Form):
    """Its quantities are named by the line's position (`quantity.3`); a line left at zero is not
    given back. The reason is chosen, told in words (`details`), or both."""

    # What is read beside the lines and the reason.
    others: ClassVar[tuple[str, ...]] = ()
    nothing_told: ClassVar[LazyString] = _l("Say how many units of which item are given back.")

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """To choose from: the shop's own, or those that most have."""
        own = [line.strip() for line in the_shop().give_back_reasons.splitlines() if line.strip()]
        offered = dict.fromkeys([*(own or map(str, USUAL_REASONS)), self.value("reason")])
        return [("", _("Another: in words")), *((name, name) for name in offered if name)]

    @property
    def quantities(self) -> list[tuple[str, str]]:
        """(position, quantity as typed) of the lines with something in them."""
        typed = [
            (name.partition(".")[2], value.strip())
            for name, value in self.raw_input.items()
            if name.startswith("quantity.")
        ]
        return [(position, value) for position, value in typed if value not in ("", "0")]

    def parse(self) -> Any:
        lines = [{"line": position, "quantity": value} for position, value in self.quantities]
        if not lines:
            raise Invalid([], str(self.nothing_told))
        assert self.shape is not None, "each of these forms has a shape"
        others = {name: self.value(name) for name in self.others}
        told = (self.value("reason").strip(), self.value("details").strip())
        others["reason"] = ": ".join(filter(None, told))
        return parse(self.shape, {"lines": lines} | others, form=True)

    def refuse(self, refusal: Refusal) -> Self:
        """Errors of lines.0 are shown at the line that the form names so."""
        super().refuse(refusal)
        positions = [position for position, _value in self.quantities]
        self.errors = {_field(name, positions): message for name, message in self.errors.items()}
        return self


def _field(name: str, positions: list[str]) -> str:
    part, _dot, rest = name.partition(".")
    index = whole_number(rest.partition(".")[0])
    return f"quantity.{positions[index]}" if part == "lines" and index is not None else name


class RefundForm(UnitsForm):
    def __init__(self, values: Mapping[str, str] | None = None, shape: type[Shape] = RefundIn):
        super().__init__(values, shape)


class DryRun(NamedTuple):
    """What a refund would do: one sentence for each thing, and the amount in words; or what is
    wrong with what is asked for."""

    undone: list[str] = []
    amount: str | None = None
    refused: str = ""


@bp.get("/sales/<id:sale_id>/refunds/new")
@allow("manager")
def new_refund(sale_id: int) -> ResponseReturnValue:
    if not SalePage(sale_of(sale_id)).can_be_refunded:
        flash(_("There is nothing of this order to give back now."), "warn")
        return to_order(sale_id)
    return _refund_page(RefundForm(), sale_id, DryRun())


@bp.post("/sales/<id:sale_id>/refunds/preview")
@allow("manager")
def preview_refund(sale_id: int) -> str:
    """The form with what it would do. Writes nothing."""
    return _refund_again(RefundForm(request.form), sale_id)


def _refund_again(form: RefundForm, sale_id: int) -> str:
    return _refund_page(form, sale_id, _dry_run(form, sale_id))


def _refund_page(form: RefundForm, sale_id: int, outcome: DryRun) -> str:
    return page_or_fragment(
        "sales/refund.html",
        "sales/_refund.html",
        sale=sale_of(sale_id),
        form=form,
        form_key=request.form.get("form_key") or uuid.uuid4().hex,
        **outcome._asdict(),
    )


def _dry_run(form: RefundForm, sale_id: int) -> DryRun:
    """What the units asked for would do, whatever the reason; what is wrong with them is added to
    the form's errors."""
    # Quantities are looked at as they are typed; the reason is asked for when the form is sent.
    asked = RefundForm({**form.raw_input, "reason": "?"})
    outcome = DryRun()
    try:
        wanted, amounts = asked.parse(), list[str | None]()

        def act(sale: Sale) -> None:
            amounts.append(_amount(refund(sale, wanted, uuid.uuid4().hex)))

        outcome = DryRun(dry_run(sale_id, act), amounts[0])
    except Refusal as refusal:
        asked.refuse(refusal)
        outcome = DryRun(refused=next(iter(asked.errors.values()), asked.message))
    form.errors = asked.errors | form.errors
    form.message = form.message or asked.message
    return outcome


@bp.post("/sales/<id:sale_id>/refunds")
@allow("manager")
@submits(RefundIn, again=_refund_again, form_class=RefundForm, own_status=True)
def make_refund(wanted: RefundIn, sale_id: int) -> Response:
    """The form's own key makes a doubled click one refund."""
    form_key = request.form.get("form_key", "")[:MOST_KEY] or uuid.uuid4().hex
    with because(wanted.reason):
        made = refund(sale_to_undo(sale_id), wanted, key_of(g.identity.scope, "form:" + form_key))
        db.session.flush()
    if made is None:
        flash(_("Nothing of these items was left to give back."), "warn")
        return to_order(sale_id)
    text = _(
        "%(amount)s are to be given back to the customer; their share of the rules' effects is "
        "reversed.",
        amount=money_text(made.amount),
    )
    flash(text, "good")
    return to_order(sale_id)


def _amount(made: Refund | None) -> str | None:
    """In words, while the refund is still there to be read."""
    return money_text(made.amount) if made else None

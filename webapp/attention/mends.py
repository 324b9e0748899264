"""What a person does about one thing of the queue, right there: the verbs are those of the pages
that show it whole."""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

from flask import g
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.attention.items import QueueItem
from webapp.audit.tracking import because
from webapp.catalog.forms import ProductIn, ProductPatch
from webapp.catalog.models import Product
from webapp.catalog.product_edits import edit_product
from webapp.catalog.product_edits import facts_of as facts_of_product
from webapp.customers.customer_edits import facts_of, save_customer
from webapp.customers.forms import CustomerIn, CustomerPatch
from webapp.fulfilment.tasks.forms import OutcomeIn
from webapp.http.formatting import as_written
from webapp.http.forms import Form, Shape, Text, parse
from webapp.http.handling import refuse_stale
from webapp.http.patches import patched
from webapp.invoices.forms import ReturnIn
from webapp.messages.forms import RecipientIn
from webapp.messages.pages import refuse_without_server
from webapp.payments.forms import SettlingIn
from webapp.payments.models import FindingKind
from webapp.payments.settling import finding_of, put_aside, settle_finding
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.processing import attention, review
from webapp.processing.cancellation import sale_to_undo
from webapp.sales import placing
from webapp.sales.forms import SaleAddressIn
from webapp.sales.models import OVER_LIMIT, Status
from webapp.store.price_rights import price_rights_of

# What of a product, and of a customer, is written right here; the rest has pages of its own.
PRODUCT_FACTS, CUSTOMER_WORDS = (
    ("ncm", "gtin"),
    {
        "name": _l("Name"),
        "document": _l("CPF or CNPJ"),
        "state_registration": _l("State registration"),
    },
)


class FactIn(Shape):
    """One fact of a product or a customer, as it is typed."""

    value: Annotated[str, Text(120)] = ""


class Mend(NamedTuple):
    """One thing to do about an item. `name` is the last part of its address; `label` is blank where
    the item itself says what is done; `do` answers what is told afterwards; `shape` and `form` are
    those of what is typed, drawn by the template of that name; without them it is a button. `fits`:
    whether it is of any use for the item."""

    name: str
    label: LazyString | str
    icon: str
    role: str
    do: Callable[[QueueItem, Any], str]
    fits: Callable[[QueueItem], bool] = lambda item: True
    shape: type[Shape] | None = None
    form: Callable[[QueueItem], Form] = lambda item: Form()
    kind: str = "primary"

    def label_of(self, item: QueueItem) -> LazyString | str:
        return self.label or item.act


# -- an order that stopped ------------------------------------------------------------------------


def _about(area: str) -> Callable[[QueueItem], bool]:
    return lambda item: bool(item.issue and item.issue.area == area)


def _correct_address(item: QueueItem, wanted: SaleAddressIn) -> str:
    refuse_stale(item.sale)
    attention.correct_address(item.sale, wanted.address, "address.country")
    return _goes_on(item)


def _address_form(item: QueueItem) -> Form:
    return Form.filled({"address": item.sale.address_parts, "version": item.sale.version})


def _try_again(item: QueueItem, _nothing: None) -> str:
    attention.resume(item.sale)
    return _goes_on(item)


def _is_resumed(item: QueueItem) -> bool:
    is_approved = item.issue and item.issue.code == OVER_LIMIT
    return item.sale.status is Status.ATTENTION and not is_approved


def _approve_prices(item: QueueItem, _nothing: None) -> str:
    review.approve_prices(item.sale)
    return _("Order %(reference)s is approved.", reference=item.sale.reference)


def _release(item: QueueItem, _nothing: None) -> str:
    review.release(item.sale)
    return _("Order %(reference)s was released.", reference=item.sale.reference)


def _fact_of(item: QueueItem, area: str, facts: tuple[str, ...]) -> str:
    """The one that is amiss, of those that are written here; "" for any other."""
    field = item.issue.field if item.issue else ""
    name = field.rpartition(".")[2]
    return name if field.startswith(area) and name in facts else ""


def product_of(item: QueueItem) -> Product | None:
    """Whose fact is amiss."""
    sku = item.issue.params.get("sku") if item.issue else None
    ids = [line.product_id for line in item.sale.lines if line.sku == sku]
    return db.session.get(Product, ids[0]) if ids else None


def product_fact(item: QueueItem) -> str:
    return _fact_of(item, "lines.*.product.", PRODUCT_FACTS)


def customer_fact(item: QueueItem) -> str:
    return _fact_of(item, "customer.", tuple(CUSTOMER_WORDS))


def _mend_product(item: QueueItem, wanted: FactIn) -> str:
    product, name = product_of(item), product_fact(item)
    if product is None:
        raise Refusal(_("This is mended on the product's own page."))
    patch = _patch(ProductPatch, name, wanted.value)
    whole = patched(ProductIn, facts_of_product(product), patch)
    edit_product(product, whole, price_rights_of(g.identity))
    db.session.flush()
    return _try_again(item, None)


def _product_form(item: QueueItem) -> Form:
    product = product_of(item)
    return Form.filled({"value": getattr(product, product_fact(item), "") or ""})


def _mend_customer(item: QueueItem, wanted: FactIn) -> str:
    customer = item.sale.customer
    patch = _patch(CustomerPatch, customer_fact(item), wanted.value)
    save_customer(customer, patched(CustomerIn, facts_of(customer), patch))
    db.session.flush()
    return _try_again(item, None)


def _customer_form(item: QueueItem) -> Form:
    name = customer_fact(item)
    return Form.filled({"value": as_written(facts_of(item.sale.customer))[name] or ""})


def _patch(shape: type[Shape], name: str, value: str) -> Shape:
    """Raises Invalid with the field that was typed into."""
    try:
        return parse(shape, {name: value}, form=True)
    except Invalid as invalid:
        message = invalid.errors[0].message if invalid.errors else str(invalid)
        raise Invalid([FieldError("value", message)]) from None


def _pay(item: QueueItem, _nothing: None) -> str:
    item.sale.pay(utc_now())
    return _goes_on(item)


def _cancel_unpaid(item: QueueItem, _nothing: None) -> str:
    with because(_("order cancelled")):
        placing.cancel_open(item.sale, "order cancelled")
        db.session.flush()
    return _("Order %(reference)s was cancelled; its stock is back.", reference=item.sale.reference)


# -- money ----------------------------------------------------------------------------------------


def _settle_money(item: QueueItem, wanted: SettlingIn | None) -> str:
    found = finding_of(item.row.id, lock=True)
    settle_finding(found, wanted.reference if wanted else "", g.identity.actor, utc_now())
    return _("That payment is settled.")


def _put_aside(item: QueueItem, _nothing: None) -> str:
    put_aside(finding_of(item.row.id, lock=True), g.identity.actor, utc_now())
    return _("That payment is settled.")


def _has_no_order(item: QueueItem) -> bool:
    return item.row.kind is FindingKind.NO_ORDER


# -- an NF-e --------------------------------------------------------------------------------------


def _approve_note(item: QueueItem, _nothing: None) -> str:
    if item.has_warnings:
        raise Refusal(_("It has warnings; open it, and approve it there."))
    review.approve(item.row, g.identity.actor)
    return _("NF-e approved. It is on its way to SEFAZ.")


def _return_note(item: QueueItem, wanted: ReturnIn) -> str:
    review.return_for_correction(item.row, g.identity.actor, str(wanted.code), wanted.comment)
    return _("NF-e returned for correction.")


def _check_again(item: QueueItem, _nothing: None) -> str:
    attention.resume_note(item.row)
    return _("The NF-e is being checked again.")


# -- tasks, effects, e-mails ----------------------------------------------------------------------


def _settle(item: QueueItem, wanted: OutcomeIn) -> str:
    item.row.complete(wanted.outcome, utc_now())
    return _("The task is done.")


def _retry_effect(item: QueueItem, _nothing: None) -> str:
    attention.retry_effect(sale_to_undo(item.sale.id), item.row.id)
    return _("It is tried again now.")


def _readdress(item: QueueItem, wanted: RecipientIn) -> str:
    refuse_without_server()
    item.row.readdress(wanted.recipient, utc_now())
    return _("The e-mail is on its way to %(address)s.", address=wanted.recipient)


def _recipient(item: QueueItem) -> Form:
    return Form.filled({"recipient": item.row.recipient})


def _goes_on(item: QueueItem) -> str:
    return _("Order %(reference)s goes on.", reference=item.sale.reference)


ADDRESS = Mend(
    "address",
    _l("Save and continue"),
    "check",
    "clerk",
    _correct_address,
    _about("address"),
    SaleAddressIn,
    _address_form,
)
CUSTOMER = Mend(
    "customer",
    _l("Save and continue"),
    "check",
    "clerk",
    _mend_customer,
    lambda item: bool(customer_fact(item)),
    FactIn,
    _customer_form,
)
PRODUCT = Mend(
    "product",
    _l("Save and continue"),
    "check",
    "clerk",
    _mend_product,
    lambda item: bool(product_fact(item) and product_of(item)),
    FactIn,
    _product_form,
)
TRY_AGAIN = Mend("retry", _l("Try again"), "refresh", "clerk", _try_again, _is_resumed, kind="")
APPROVE_PRICES = Mend(
    "approval",
    _l("Approve the order"),
    "check",
    "manager",
    _approve_prices,
    lambda item: bool(item.issue and item.issue.code == OVER_LIMIT),
)
RELEASE = Mend("release", _l("Release the order"), "check", "reviewer", _release)
PAY = Mend("payment", _l("Mark as paid"), "coin", "clerk", _pay)
CANCEL_UNPAID = Mend(
    "cancel", _l("Cancel the order"), "ban", "clerk", _cancel_unpaid, kind="danger"
)
SETTLE_MONEY = Mend(
    "settlement", "", "check", "manager", _settle_money, lambda item: not _has_no_order(item)
)
GIVE_MONEY = Mend("order", "", "check", "manager", _settle_money, _has_no_order, SettlingIn)
PUT_ASIDE = Mend(
    "aside", _l("Not of an order"), "x", "manager", _put_aside, _has_no_order, kind="quiet"
)
APPROVE_NOTE = Mend(
    "approval",
    _l("Approve and send"),
    "send",
    "reviewer",
    _approve_note,
    lambda item: not item.has_warnings,
)
RETURN_NOTE = Mend(
    "rejection",
    _l("Return the NF-e"),
    "arrow-back-up",
    "reviewer",
    _return_note,
    shape=ReturnIn,
    kind="danger",
)
CHECK_AGAIN = Mend("resubmission", _l("Check again"), "refresh", "reviewer", _check_again)
SETTLE = Mend("outcome", _l("Mark as done"), "check", "clerk", _settle, shape=OutcomeIn)
RETRY_EFFECT = Mend("retry", _l("Try again"), "refresh", "manager", _retry_effect)
READDRESS = Mend(
    "recipient",
    _l("Send again"),
    "send",
    "clerk",
    _readdress,
    shape=RecipientIn,
    form=_recipient,
)

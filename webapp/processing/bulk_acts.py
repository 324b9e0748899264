"""What can be done to many orders at once, as one table: what each act asks, and what it does to
one order."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp.audit.tracking import actor
from webapp.bulk.models import BulkRow
from webapp.fulfilment.labels.printing import may_leave
from webapp.fulfilment.labels.wanting import want_labels
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.parcels.queries import slips_of_sales
from webapp.invoices.models import Invoice
from webapp.invoices.queries import invoices_of
from webapp.platform.errors import Refusal
from webapp.processing import attention
from webapp.processing.shipping import ship
from webapp.sales.models import Sale, Status
from webapp.sales.queries import sales_to_change
from webapp.sales.tagging import tag, untag
from webapp.store.partners.queries import carrier_named


class ActTerms(NamedTuple):
    """What is said of all orders of an act, and when it is done."""

    params: Mapping[str, Any]
    now: dt.datetime


class Act(NamedTuple):
    """`load`: of orders by their ids what `do` is done to, those that it changes locked; `do` says
    whether it changed anything, and raises Refusal. `asks`: what else a person is asked for,
    "codes", "tag" or "carrier". `makes_file`: what it is done to comes as a file."""

    name: str
    label: LazyString
    icon: str
    load: Callable[[Sequence[int]], Mapping[int, Any]]
    do: Callable[[Any, BulkRow, ActTerms], bool]
    asks: str = ""
    makes_file: bool = False


def _process_again(sale: Sale, _row: BulkRow, _terms: ActTerms) -> bool:
    """What waits for a person goes on; of what does not, effects that failed are tried again."""
    if sale.status is not Status.ATTENTION and attention.retry_effects(sale):
        return True
    attention.resume(sale)
    return True


def _confirm_payment(sale: Sale, _row: BulkRow, terms: ActTerms) -> bool:
    return sale.pay(terms.now)


def _ship(slip: PackingSlip, row: BulkRow, terms: ActTerms) -> bool:
    return ship(slip, terms.params["carrier"], row.told, terms.now)


def _buy_labels(slip: PackingSlip, _row: BulkRow, terms: ActTerms) -> bool:
    carrier = carrier_named(terms.params["carrier"])
    if carrier is None or not carrier.label_service:
        raise Refusal(_("No labels of this carrier are bought."))
    return want_labels(slip, carrier, actor(), terms.now)


def _tag(sale: Sale, _row: BulkRow, terms: ActTerms) -> bool:
    had = len(sale.tags)
    tag([sale], [terms.params["tag"]])
    return len(sale.tags) != had


def _untag(sale: Sale, _row: BulkRow, terms: ActTerms) -> bool:
    had = len(sale.tags)
    untag([sale], [terms.params["tag"]])
    return len(sale.tags) != had


def _is_printed(slip: PackingSlip, _row: BulkRow, _terms: ActTerms) -> bool:
    return slip is not None


def _is_issued(invoice: Invoice, _row: BulkRow, _terms: ActTerms) -> bool:
    if not invoice.is_issued:
        raise Refusal(_("Its NF-e is not authorized."))
    return True


def _leaves(slip: PackingSlip, _row: BulkRow, _terms: ActTerms) -> bool:
    if not may_leave(slip):
        words = _("It may not leave: it is in the state “%(state)s”.", state=slip.status.label)
        raise Refusal(words)
    return True


ACTS: Mapping[str, Act] = {
    act.name: act
    for act in (
        Act("resume", _l("Process again"), "refresh", sales_to_change, _process_again),
        Act("pay", _l("Confirm the payment"), "coin", sales_to_change, _confirm_payment),
        Act("slips", _l("Print packing slips"), "printer", slips_of_sales, _is_printed,
            makes_file=True),
        Act("buy_labels", _l("Buy labels"), "tag", slips_of_sales, _buy_labels,
            asks="carrier"),
        Act("labels", _l("Print the parcels' labels"), "tag", slips_of_sales, _leaves,
            makes_file=True),
        Act("danfes", _l("Print the DANFE"), "printer", invoices_of, _is_issued,
            makes_file=True),
        Act("xml", _l("Download the XML"), "file-zip", invoices_of, _is_issued,
            makes_file=True),
        Act("ship", _l("Ship, with tracking codes"), "truck-delivery", slips_of_sales, _ship,
            asks="codes"),
        Act("tag", _l("Put a tag on them"), "bookmark", sales_to_change, _tag, asks="tag"),
        Act("untag", _l("Take a tag off them"), "x", sales_to_change, _untag, asks="tag"),
    )
}  # fmt: skip
# Where an act finds nothing of an order that it could be done to.
MISSING = {
    slips_of_sales: _l("This order has no packing slip: nothing of it ships."),
    invoices_of: _l("This order has no NF-e."),
    sales_to_change: _l("This order is not there any more."),
}

"""What a person does to a sale that waits for them: correct its address, let it go on, try its
effects again."""

import datetime as dt

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import delete, select

from webapp.addresses.models import PostalCode
from webapp.addresses.parts import PARTS
from webapp.audit.tracking import record
from webapp.catalog.models import Product
from webapp.customers.forms import AddressIn
from webapp.http.forms import FieldRefused
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import invoice_of
from webapp.messages.models import Message, MessageStatus
from webapp.platform.cep import normalize_cep
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.documents import normalize_document
from webapp.platform.errors import FieldError, Invalid, NotFound, Refusal
from webapp.processing.note_progress import note_begun, note_rebuilt
from webapp.rules.models import Effect, EffectStatus
from webapp.sales.detail_forms import InvoiceDetailsIn, refuse_what_only_companies_tell
from webapp.sales.invoice_details import partners_of, with_partners_anew
from webapp.sales.models import OVER_LIMIT, Sale, Status
from webapp.sales.placing import set_details

# What the NF-e tells of a product; of that, what a return may tell anew: CODES.
CODES = ("ncm", "gtin")
FISCAL_FACTS = ("ncm", "gtin", "origin", "unit", "tax_profile", "category")
# On its way to the authority, or authorized.
OUT = (InvoiceStatus.APPROVED, InvoiceStatus.SENDING, InvoiceStatus.AUTHORIZED)
CORRECTABLE = (Status.OPEN, Status.ADDRESS, Status.ATTENTION, Status.REVIEW)


def correct_address(sale: Sale, wanted: AddressIn, country_field: str = "country") -> None:
    """A person's address: what they changed is theirs, and the sale goes on from the address step.
    `country_field` is the country's name in what was sent. Raises Invalid, and Refusal where the
    address cannot be changed any more."""
    invoice = _correctable_note(
        sale, _l("The address cannot be changed any more: the NF-e is on its way or out.")
    )
    comes_home = wanted.country == "BR" and sale.country != "BR"
    if comes_home and not normalize_document(sale.customer_document):
        message = _("An address in Brazil needs a buyer with a CPF or CNPJ, and this one has none.")
        raise Invalid([FieldError(country_field, message)])
    sources = dict(sale.address_source)
    for part in PARTS:
        value = getattr(wanted, part)
        if value != getattr(sale, part):
            setattr(sale, part, value)
            sources[part] = "customer"
    sale.address_source = sources
    _ask_again(sale)
    if sale.status is Status.OPEN:
        return
    now = utc_now()
    if invoice:
        note_rebuilt(invoice, Status.ADDRESS, now)
    else:
        sale.go_to(Status.ADDRESS, now)


def correct_details(sale: Sale, wanted: InvoiceDetailsIn) -> None:
    """What only the NF-e tells, as a person mends it; an NF-e that waits is made anew. Raises
    Invalid, and Refusal where the NF-e is on its way or out."""
    invoice = _correctable_note(
        sale, _l("This cannot be changed any more: the NF-e is on its way or out.")
    )
    try:
        refuse_what_only_companies_tell(wanted, sale.customer_document, sale.country)
    except FieldRefused as refused:
        raise Invalid([FieldError(refused.field, refused.args[0])]) from None
    set_details(sale, wanted, partners_of(wanted))
    waits = sale.status is Status.ATTENTION and sale.step == Status.INVOICE
    if invoice and (waits or sale.status is Status.REVIEW):
        note_rebuilt(invoice, Status.INVOICE, utc_now())


def _correctable_note(sale: Sale, message: LazyString) -> Invoice | None:
    """The sale's NF-e, if it has one that may change; one that was cancelled leaves it without.
    Raises Refusal where it may not change any more."""
    invoice = invoice_of(sale.id)
    is_out = invoice and invoice.status in OUT
    if sale.status not in CORRECTABLE or is_out:
        raise Refusal(message)
    return None if invoice and invoice.status is InvoiceStatus.CANCELLED else invoice


def resume(sale: Sale) -> None:
    """Something outside the sale was fixed (a product, a customer, a setting): on from the step
    that waits."""
    now, step = utc_now(), sale.waiting_step
    if sale.reason_code == OVER_LIMIT and sale.needs_approval:
        raise Refusal(_("This order goes on when a manager has approved it."))
    _ask_again(sale)
    invoice = invoice_of(sale.id)
    if invoice is None:
        sale.go_to(step, now)
        return
    _take_facts_anew(sale)
    if invoice.status is InvoiceStatus.CANCELLED and not sale.owes_note:
        sale.park_in(Status.COMPLETED)
    elif invoice.status is InvoiceStatus.CANCELLED:
        note_begun(sale, invoice, now)
    else:
        note_rebuilt(invoice, step, now)


def resume_note(invoice: Invoice) -> None:
    """What stood in an NF-e's way was fixed: it is checked again, and goes on."""
    if invoice.is_return:
        _take_codes_anew(invoice)
        note_rebuilt(invoice, Status.INVOICE, utc_now())
    else:
        resume(invoice.sale)


def _take_codes_anew(invoice: Invoice) -> None:
    """What was refused of the products of a return, as it is now that somebody fixed it; values and
    taxes are those of the NF-e that it gives back."""
    sale, returned = invoice.sale, invoice.returned or {}
    products = _products_of(sale)
    of_lines = {line.position: products[line.product_id] for line in sale.lines}
    rows = [
        row | {"codes": {code: getattr(of_lines[row["line"]], code) for code in CODES}}
        for row in returned["lines"]
    ]
    invoice.returned = returned | {"lines": rows}


def _ask_again(sale: Sale) -> None:
    """What providers did not know of the sale's postal code is not remembered any more."""
    cep = normalize_cep(sale.zip_code)
    if cep and sale.country == "BR":
        db.session.execute(
            delete(PostalCode).where(PostalCode.cep == cep, PostalCode.found.is_(False))
        )


def _take_facts_anew(sale: Sale) -> None:
    """The facts that the NF-e was refused for, as they are now that somebody fixed them; prices
    never change."""
    for fact in ("document", "taxpayer", "state_registration"):
        setattr(sale, f"customer_{fact}", getattr(sale.customer, fact))
    if (sale.reason_field or "").startswith("customer."):
        sale.customer_name = sale.customer.name
    if sale.invoice_details:
        sale.invoice_details = with_partners_anew(sale.invoice_details)
    products = _products_of(sale)
    for line in sale.lines:
        product = products[line.product_id]
        line.name = product.name
        line.product = line.product | {fact: getattr(product, fact) for fact in FISCAL_FACTS}


def _products_of(sale: Sale) -> dict[int, Product]:
    query = select(Product).where(Product.id.in_([line.product_id for line in sale.lines]))
    return {product.id: product for product in db.session.scalars(query)}


def retry_effect(sale: Sale, effect_id: int) -> Effect:
    """A person asks for another try of an effect; of an e-mail, of its message. The caller holds
    the sale's lock. What is done already stays done. Raises NotFound, and Refusal for what will not
    be done any more."""
    effect = (
        db.session.get(Effect, effect_id, populate_existing=True) if effect_id < 2**31 else None
    )
    if effect is None or effect.sale_id != sale.id:
        raise NotFound(_("This order has no such effect."))
    if effect.status is EffectStatus.CANCELLED:
        raise Refusal(_("This was cancelled before it was done; it is not tried again."))
    if effect.is_unfinished:
        _try_again(effect, utc_now())
    return effect


def retry_effects(sale: Sale) -> int:
    """All that failed or waits for its next try; how many. The caller holds the sale's lock."""
    now = utc_now()
    effects = db.session.scalars(select(Effect).where(Effect.sale_id == sale.id)).all()
    unfinished = [effect for effect in effects if effect.is_unfinished]
    return sum(_try_again(effect, now) for effect in unfinished)


def _try_again(effect: Effect, now: dt.datetime) -> bool:
    message = db.session.scalar(
        select(Message).where(Message.effect_id == effect.id).with_for_update(of=Message)
    )
    record(db.session, "retried", "effects", effect.id, effect.kind)
    if message is None:
        effect.try_again(now)
    elif message.can_be_sent_again:
        message.send_again(now)
    return message is None or message.status is MessageStatus.PENDING

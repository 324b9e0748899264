"""A sale where several aggregates meet: customer, products, stock, agent and the sale itself."""

import contextlib
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from webapp.addresses.parts import PARTS
from webapp.audit.tracking import record
from webapp.audit.writing import insert_now
from webapp.catalog.kits import read_parts, why_not_sold
from webapp.catalog.models import (
    KitPart,
    OutOfStock,
    Product,
    StockMovement,
    change_stock,
    move_stock,
    movement,
)
from webapp.catalog.queries import products_by_sku
from webapp.customers.customer_edits import customer_of_sale, is_named, known_by
from webapp.customers.models import Agent, Customer
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.platform.money import MAX_MONEY, ZERO
from webapp.platform.transactions import reading_ahead
from webapp.sales.detail_forms import InvoiceDetailsIn
from webapp.sales.forms import BuyerIn, LineIn, SaleIn
from webapp.sales.idempotency import CallKey
from webapp.sales.invoice_details import Partners, as_told, details_of, partners_of
from webapp.sales.line_prices import (
    Price,
    explained,
    granted,
    held_prices,
    keep_catalog_prices,
    limit_of_change,
    refuse_strange_prices,
)
from webapp.sales.models import Sale, SaleLine, Status
from webapp.sales.tagging import retag
from webapp.sales.units import Units, in_order, too_few_parts, units_of
from webapp.store.dispatch import TERMS, DispatchTerms
from webapp.store.models import PartnerKind, Shop
from webapp.store.price_rights import UNBOUND, PriceRights

# A product's facts that a sale keeps as they were.
KEPT_FACTS = (
    "ncm",
    "gtin",
    "origin",
    "unit",
    "weight_g",
    "on_nfe",
    "tax_profile",
    "category",
    "author",
    "video_url",
    "plan",
    "price_confirmed",
)


# Statements that every sale needs are built once.
_agents = Agent.__table__.c
_BY_CODE = select(_agents.id, _agents.code, _agents.name, _agents.commission_percent).where(
    _agents.code == bindparam("code")
)
_INSERT_LINES = insert(SaleLine.__table__)
_INSERT_MOVEMENTS = insert(StockMovement.__table__)
LINE_COLUMNS = tuple(
    column.key for column in SaleLine.__table__.columns if column.key not in ("id", "sale_id")
)
_customers = Customer.__table__.c
_IS_GONE = select(
    or_(_customers.merged_into_id.is_not(None), _customers.anonymised_at.is_not(None))
).where(_customers.id == bindparam("customer_id"))
_OF_THE_SHOP = select(Shop.hold_hours, *TERMS)


@dataclass(frozen=True)
class SaleLookups:
    """What a sale needs to know of the house, read before its transaction takes any lock.

    agent      id, code, name and commission_percent
    hold_hours how long it keeps its stock unpaid; None for a paid one
    terms      when what is paid must leave
    partners   the companies that it names, which most name none
    """

    products: dict[str, Product]
    agent: Row[int, str, str, Decimal] | None
    customer: Customer | None
    hold_hours: int | None
    terms: DispatchTerms
    partners: Partners

    @classmethod
    def read(cls, wanted: SaleIn) -> "SaleLookups":
        """Raises Invalid for a product, agent or company that is not there."""
        hold_hours, *terms = db.session.connection().execute(_OF_THE_SHOP).one()
        return cls(
            _products(wanted.lines),
            _agent(wanted.agent),
            known_by(wanted.customer),
            None if wanted.paid else hold_hours,
            DispatchTerms(*terms),
            partners_of(wanted),
        )


def create_sale_once(
    scope: str, key: str, wanted: SaleIn, borrows: bool = True, rights: PriceRights = UNBOUND
) -> tuple[Sale, bool]:
    """The sale that `key` made or makes, and whether it is new. Commits nothing. Raises KeyReused
    when the key came with another body. `borrows` and `rights` as for `create_sale`."""
    call = CallKey.of(scope, key, wanted)
    with reading_ahead():
        sale_id = call.sale_made()
        lookups = SaleLookups.read(wanted) if sale_id is None else None
    if sale_id is not None:
        return db.session.get_one(Sale, sale_id), False
    sale = create_sale(wanted, lookups, borrows, rights)
    call.keep(sale)
    return sale, True


def create_sale(
    wanted: SaleIn,
    lookups: SaleLookups | None = None,
    borrows: bool = True,
    rights: PriceRights = UNBOUND,
) -> Sale:
    """A new sale: priced, its stock taken, and (when paid) its processing owed. Commits nothing.
    `borrows`: an e-mail or phone left blank is the known customer's, if that is who buys. `rights`:
    how far below the catalog's prices it goes on without a manager.

    The pipeline's speed is made here: rows that nobody reads back (lines, movements) are written by
    one plain statement each, past the unit of work.
    """
    if lookups is None:
        with reading_ahead():
            lookups = SaleLookups.read(wanted)
    now = utc_now()
    with db.session.no_autoflush:
        sale = Sale(
            reference=wanted.reference,
            channel=wanted.channel,
            payment_method=wanted.main_method,
            freight=wanted.freight,
            discount=wanted.discount,
            discount_limit=rights.limit,
            status=Status.OPEN,
            step=str(Status.OPEN),
        )
        sale.take_ship_by(wanted.ship_by)
        _fill(sale, wanted, lookups, borrows)
        refuse_strange_prices(rights, sale.lines)
        repriced = explained(rights, sale.lines)
        sale.search_text = sale.text_to_search()
        movements = _take_stock(sale, lookups.products)
        if lookups.hold_hours is None:
            sale.pay(now, lookups.terms)
        else:
            sale.hold_until = now + dt.timedelta(hours=lookups.hold_hours)
        _write(sale, movements)
    _tell_prices(sale, repriced)
    if wanted.tags:
        retag(sale, wanted.tags)
    return sale


def _write(sale: Sale, movements: list[dict]) -> None:
    """Writes a new sale with its lines and movements. Until the session is committed `sale.lines`
    are the objects it was made with, which the session does not know."""
    lines, customer = list(sale.lines), sale.customer
    set_committed_value(sale, "lines", [])
    session = db.session()
    if customer.id is None:
        insert_now(session, customer, sale)
    else:
        insert_now(session, sale)
        _refuse_merged(session.connection(), customer.id)
    if not sale.reference:
        sale.reference = f"B-{sale.id}"
        sale.search_text = sale.text_to_search()
    rows = [_columns_of(line) | {"sale_id": sale.id} for line in lines]
    connection = session.connection()
    connection.execute(_INSERT_LINES, rows)
    _write_movements(connection, sale, movements)
    set_committed_value(sale, "lines", lines)
    set_committed_value(sale, "tags", [])


def _refuse_merged(connection: Connection, customer_id: int) -> None:
    """A customer who was read before the order's transaction began may be another one by now; the
    order's key has waited for that. Begun anew, the order finds whom they became."""
    if connection.execute(_IS_GONE, {"customer_id": customer_id}).scalar_one():
        raise StaleDataError("the customer was merged, or anonymised, meanwhile")


def _write_movements(connection: Connection, sale: Sale, movements: list[dict]) -> None:
    if movements:
        rows = [row | {"sale_id": sale.id} for row in movements]
        connection.execute(_INSERT_MOVEMENTS, rows)


def _columns_of(line: SaleLine) -> dict:
    facts = line.__dict__
    return {name: facts[name] for name in LINE_COLUMNS}


def _fill(
    sale: Sale,
    wanted: SaleIn,
    lookups: SaleLookups,
    borrows: bool,
    held: Mapping[Price, Decimal | None] | None = None,
) -> None:
    """Writes what is wanted into the sale; `held`: the prices that its lines had before."""
    lines = [
        sale_line(number, lookups.products[line.sku], line.quantity, line.unit_price)
        for number, line in enumerate(wanted.lines, 1)
    ]
    for line, told in zip(lines, wanted.lines, strict=True):
        if told.price_reason:
            line.price_reason = told.price_reason
    if held:
        keep_catalog_prices(lines, held)
    sale.lines = lines
    _set_agent(sale, lookups.agent)
    _set_address(sale, wanted)
    _price(sale)
    set_details(sale, wanted, lookups.partners)
    known = lookups.customer
    customer = customer_of_sale(wanted.customer, wanted.address, known)
    _set_customer(sale, customer, wanted.customer, borrows and is_named(known, wanted.customer))


def change(sale: Sale, wanted: SaleIn, rights: PriceRights = UNBOUND) -> None:
    """Rewrites an open sale: what it held goes back to stock, and what it now wants is taken. What
    was approved holds for what goes no further below the catalog."""
    if not sale.is_editable:
        raise Refusal(_("An order that was paid or closed cannot be changed."))
    held, asked, before = held_prices(sale), _asked(sale), granted(sale)
    give_back(sale, "order changed")
    sale.lines.clear()
    db.session.flush()
    sale.reference = wanted.reference or sale.reference
    sale.channel, sale.payment_method = wanted.channel, wanted.main_method
    sale.freight, sale.discount = wanted.freight, wanted.discount
    if "ship_by" in wanted.model_fields_set:
        sale.take_ship_by(wanted.ship_by)
    lookups = SaleLookups.read(wanted)
    # What it held is told by the one who changes it: a contact taken out stays out.
    _fill(sale, wanted, lookups, borrows=False, held=held)
    refuse_strange_prices(rights, sale.lines, held)
    repriced = explained(rights, sale.lines, held)
    if _asked(sale) != asked:
        sale.discount_limit = limit_of_change(rights.limit, sale.below_catalog, before)
    sale.search_text = sale.text_to_search()
    db.session.flush()
    movements = _take_stock(sale, lookups.products)
    _write_movements(db.session.connection(), sale, movements)
    record(db.session, "changed", "sales", sale.id, sale.reference, lines=_in_words(sale.lines))
    _tell_prices(sale, repriced)
    if wanted.tags is not None:
        retag(sale, wanted.tags)
    if wanted.paid:
        sale.pay(utc_now(), lookups.terms)


def _asked(sale: Sale) -> tuple[Decimal, list[tuple[str, int, Decimal]]]:
    """What is sold, and for how much."""
    return sale.discount, [(line.sku, line.quantity, line.unit_price) for line in sale.lines]


def _tell_prices(sale: Sale, repriced: list[SaleLine]) -> None:
    """To the audit, each with its reason."""
    for line in repriced:
        told, why = _in_words([line]), line.price_reason
        record(db.session, "repriced", "sales", sale.id, sale.reference, why, lines=told)


def _in_words(lines: list[SaleLine]) -> str:
    """For the audit, which keeps a sale's own columns only."""
    return ", ".join(f"{line.quantity} × {line.sku} ({line.unit_price})" for line in lines)


def as_input(sale: Sale) -> dict:
    """The sale as a SaleIn would tell it, to be edited. Gifts are the rules', not
    the buyer's."""
    return {
        "reference": sale.reference,
        "paid": sale.paid_at is not None,
        "payment_method": str(sale.payment_method),
        "agent": sale.agent_code,
        "channel": sale.channel,
        "freight": sale.freight,
        "discount": sale.discount,
        "customer": {
            "name": sale.customer_name,
            "document": sale.customer_document,
            "email": sale.customer_email,
            "phone": sale.customer_phone,
        },
        "address": sale.address_parts,
        "lines": [
            {
                "sku": line.sku,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "price_reason": line.price_reason,
            }
            for line in sale.lines
            if not line.gift
        ],
        **({"ship_by": sale.ship_by} if sale.ship_by_told else {}),
    } | as_told(sale.invoice_details)


def cancel_open(sale: Sale, reason: str) -> None:
    """An unpaid sale is dropped and its stock comes back; said twice, the second changes
    nothing."""
    if sale.status is Status.CANCELLED:
        return
    if sale.status is not Status.OPEN:
        raise Refusal(_("Only an order that is not paid yet can be cancelled here."))
    sale.cancel()
    give_back(sale, reason)


def _products(wanted: list[LineIn]) -> dict[str, Product]:
    """The products named, by SKU as written there; raises Invalid when one is not there or not for
    sale."""
    products = products_by_sku(line.sku for line in wanted)
    read_parts(products.values())
    errors = []
    for index, line in enumerate(wanted):
        product = products.get(line.sku)
        if product is None:
            errors.append(
                FieldError(
                    f"lines.{index}.sku",
                    _("There is no product with the SKU %(sku)s.", sku=line.sku),
                )
            )
        elif reason := why_not_sold(product):
            errors.append(FieldError(f"lines.{index}.sku", reason))
    if errors:
        raise Invalid(errors)
    return products


def sale_line(
    position: int, product: Product, quantity: int, unit_price=None, gift: bool = False
) -> SaleLine:
    """A line that keeps the product's facts as they are now, a kit's parts too; a gift is given at
    full discount."""
    price = product.price if unit_price is None else unit_price
    line = SaleLine(
        position=position,
        product_id=product.id,
        sku=product.sku,
        name=product.name,
        kind=product.kind,
        quantity=quantity,
        unit_price=price,
        price_reason="",
        gift=gift,
        discount=ZERO,
        freight=ZERO,
        total=ZERO,
        refunded=0,
        product={fact: getattr(product, fact) for fact in KEPT_FACTS}
        | {
            "price": str(product.price),
            "cost": None if product.cost is None else str(product.cost),
            "royalty_percent": None
            if product.royalty_percent is None
            else str(product.royalty_percent),
        },
    )
    if product.is_kit:
        line.product["parts"] = [_part(each) for each in product.parts]
    if gift:
        line.discount = line.gross
    return line


def _part(part: KitPart) -> dict[str, object]:
    """As a line keeps it: so many in each."""
    product = part.part
    names = {"id": product.id, "sku": product.sku, "name": product.name}
    return names | {"quantity": part.quantity}


def mark_sold(product_id: int) -> None:
    """From its first sale on a product is archived, never deleted. Its version stays: no clerk's
    form grows stale."""
    table = Product.__table__
    db.session.execute(update(table).where(table.c.id == product_id).values(was_sold=True))


def _price(sale: Sale) -> None:
    goods = sum((line.gross for line in sale.lines), ZERO)
    if sale.discount > goods:
        raise Invalid(
            [FieldError("discount", _("The discount is larger than the products' total."))]
        )
    sale.price()
    if sale.total > MAX_MONEY:
        raise Invalid([FieldError("lines", _("This amount is too large."))])


def _agent(code: str | None) -> Row[int, str, str, Decimal] | None:
    if not code:
        return None
    agent = db.session.connection().execute(_BY_CODE, {"code": code}).first()
    if agent is None:
        raise Invalid(
            [FieldError("agent", _("There is no agent with the code %(code)s.", code=code))]
        )
    return agent


def _set_agent(sale: Sale, agent: Row[int, str, str, Decimal] | None) -> None:
    sale.agent_id = agent.id if agent else None
    sale.agent_code = agent.code if agent else None
    sale.agent_name = agent.name if agent else None
    sale.agent_percent = agent.commission_percent if agent else None


def _set_customer(sale: Sale, customer: Customer, buyer: BuyerIn, borrows: bool) -> None:
    """The sale's own copy: who bought as the checkout tells it, the tax facts as the shop keeps
    them. A known document under another name lends no contact: the NF-e would go to a stranger."""
    sale.customer = customer
    sale.customer_name = buyer.name
    for fact in ("email", "phone"):
        kept = getattr(customer, fact) if borrows else ""
        setattr(sale, f"customer_{fact}", getattr(buyer, fact) or kept)
    for fact in ("document", "taxpayer", "state_registration", "locale"):
        setattr(sale, f"customer_{fact}", getattr(customer, fact))


def set_details(sale: Sale, wanted: InvoiceDetailsIn, partners: Partners) -> None:
    """The carrier's name stands where whoever ships it looks; another one may carry it then. Raises
    Invalid for amounts that do not add up."""
    details = details_of(wanted, sale.total, partners)
    sale.payment_method = wanted.largest_method or sale.payment_method
    if details == sale.invoice_details:
        return
    sale.invoice_details = details
    carrier = partners.get((PartnerKind.CARRIER, wanted.carrier or ""))
    if not sale.has_shipped:
        sale.carrier = carrier.name if carrier else ""


def _set_address(sale: Sale, wanted: SaleIn) -> None:
    for part in PARTS:
        setattr(sale, part, getattr(wanted.address, part))
    sale.ibge = ""
    sale.address_source = {}


def _take_stock(sale: Sale, products: dict[str, Product]) -> list[dict]:
    """Takes the goods and returns the movements to write."""
    session = db.session()
    unsold = _unsold(products.values())
    taken = [(units, line) for line in sale.lines for units in units_of(line)]
    # Always in one order, so that two sales of the same products never wait for each other in a
    # ring.
    taken.sort(key=_by_product)
    movements = []
    for units, line in taken:
        while unsold and unsold[-1] <= units.product_id:
            mark_sold(unsold.pop())
        movements.append(_take(session, units, line))
    for product_id in reversed(unsold):
        mark_sold(product_id)
    return movements


def _by_product(taken: tuple[Units, SaleLine]) -> int:
    return taken[0].product_id


def _unsold(products: Iterable[Product]) -> list[int]:
    """Those, and their parts, that never were: by their ids, the lowest last."""
    unsold = set()
    for product in products:
        if not product.was_sold:
            unsold.add(product.id)
        if product.is_kit:
            unsold |= {each.part_id for each in product.parts if not each.part.was_sold}
    return sorted(unsold, reverse=True)


def _take(session: Session, units: Units, line: SaleLine) -> dict:
    """Returns the movement. Raises OutOfStock at the line."""
    try:
        balance = change_stock(session, units.product_id, units.sku, -units.many)
    except OutOfStock as refusal:
        field = f"lines.{line.position - 1}.quantity"
        if units.kit:
            raise OutOfStock(too_few_parts(units, str(refusal)), field) from None
        refusal.field = field
        raise
    return movement(units.product_id, -units.many, balance, units.reason("sold"))


def take_line(sale: Sale, line: SaleLine, reason: str) -> None:
    """Takes what a line needs that joins the sale later, all or nothing. Raises OutOfStock."""
    units = in_order(units_of(line))
    with db.session.begin_nested() if len(units) > 1 else contextlib.nullcontext():
        for each in units:
            why = each.reason(reason)
            move_stock(db.session, each.product_id, each.sku, -each.many, why, sale)
            if each.kit:
                mark_sold(each.product_id)


def give_back(sale: Sale, reason: str, units: dict[int, int] | None = None) -> None:
    """Goods go back on sale: so many units by line's position, or all that are left. In one order,
    as they are taken."""
    back = []
    for line in sale.lines:
        returned = line.left if units is None else units.get(line.position, 0)
        if returned:
            back += units_of(line, returned)
    for each in in_order(back):
        move_stock(db.session, each.product_id, each.sku, each.many, each.reason(reason), sale)

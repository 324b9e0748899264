"""Keeping customers, one per document however many sales name it, and agents."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError

from webapp.addresses.parts import PARTS
from webapp.customers.forms import AddressIn, AgentIn, CustomerAddressIn, CustomerIn
from webapp.customers.models import Agent, Customer, CustomerAddress, Taxpayer
from webapp.notes.models import StaffNote
from webapp.notes.writing import MENTIONED_ON_CUSTOMER, NotePlace, write_note
from webapp.platform.database import db
from webapp.platform.documents import DocumentKind, document_kind
from webapp.platform.errors import Refusal
from webapp.platform.text import fold, searchable

_WITH_DOCUMENT = select(Customer).where(Customer.document == bindparam("document"))
_WITHOUT_DOCUMENT = (
    select(Customer)
    .where(Customer.document.is_(None), Customer.email == bindparam("email"))
    .order_by(Customer.id)
)
MOST_ADDRESSES = 20
COPIED = tuple(name for name in CustomerIn.model_fields if name != "address")


class DocumentTaken(Refusal):
    field = "document"


class CodeTaken(Refusal):
    field = "code"


def customer_of_sale(buyer, address: AddressIn, known: Customer | None) -> Customer:
    """The customer `known` by the buyer's document; a new one is kept with the sale's address. What
    is on record stays, blanks are filled: a checkout's typing must not rewrite what staff have
    mended. Under another name than theirs nothing is filled: it may be somebody else's.

    Of two first sales at once, the document's unique key lets one through; the other is tried again
    with its request and then knows the customer. A new one is written with its sale.
    """
    customer = known
    if customer is None:
        customer = Customer(
            document=buyer.document,
            name=buyer.name,
            email=buyer.email,
            phone=buyer.phone,
            locale="pt_BR",
            taxpayer=Taxpayer.NON_CONTRIBUTOR,
            state_registration="",
        )
        for part in PARTS:
            setattr(customer, part, getattr(address, part))
    elif is_named(customer, buyer):
        customer.email = customer.email or buyer.email
        customer.phone = customer.phone or buyer.phone
    customer.search_text = search_text(customer)
    return customer


def is_named(customer: Customer | None, buyer) -> bool:
    """Whether the customer is called as the buyer is, in whatever case, accents and spaces."""
    return customer is not None and _bare(customer.name) == _bare(buyer.name)


def _bare(name: str) -> str:
    return " ".join(fold(name).split())


def facts_of(customer: Customer) -> dict:
    """The customer by the names of CustomerIn."""
    return {name: getattr(customer, name) for name in COPIED} | {"address": customer.address_parts}


def save_customer(customer: Customer, wanted: CustomerIn) -> Customer:
    """Writes `wanted` into a new or known customer. Raises DocumentTaken when another one has the
    document."""
    customer.refuse_gone()
    taken = DocumentTaken(
        _l("Another customer has this document already.")
        if document_kind(wanted.document) is DocumentKind.FOREIGN
        else _l("Another customer has this CPF or CNPJ already.")
    )
    other = with_document(wanted.document)
    if other is not None and other is not customer:
        raise taken
    copy_into(customer, wanted)
    return _saved(customer, taken)


def copy_into(customer: Customer, wanted: CustomerIn) -> None:
    for name in COPIED:
        setattr(customer, name, getattr(wanted, name))
    for part in PARTS:
        setattr(customer, part, getattr(wanted.address, part))
    customer.search_text = search_text(customer)


def add_address(customer: Customer, wanted: CustomerAddressIn) -> CustomerAddress:
    """One more of the customer's addresses. Said twice, there is one. What is sent goes to one of
    them."""
    customer.refuse_gone()
    told = {"label": wanted.label} | wanted.address.model_dump()
    for known in customer.addresses:
        if told == {"label": known.label} | known.address_parts:
            return known
    if len(customer.addresses) >= MOST_ADDRESSES:
        raise Refusal(
            _l("A customer has at most %(count)s addresses; remove one.", count=MOST_ADDRESSES)
        )
    address = CustomerAddress(**told)
    customer.addresses.append(address)
    _deliver(customer, address, wanted.for_delivery)
    return address


def edit_address(
    customer: Customer, address: CustomerAddress, wanted: CustomerAddressIn
) -> CustomerAddress:
    """Writes `wanted` into one of the customer's addresses."""
    customer.refuse_gone()
    for name, told in ({"label": wanted.label} | wanted.address.model_dump()).items():
        setattr(address, name, told)
    _deliver(customer, address, wanted.for_delivery)
    return address


def _deliver(customer: Customer, address: CustomerAddress, is_wanted: bool) -> None:
    """Orders go to one of them at most."""
    if is_wanted:
        for other in customer.addresses:
            other.for_delivery = False
    address.for_delivery = is_wanted
    db.session.flush()


def address_facts(address: CustomerAddress) -> dict:
    """The address by the names of CustomerAddressIn."""
    return {
        "label": address.label,
        "for_delivery": address.for_delivery,
        "address": address.address_parts,
    }


def remove_address(customer: Customer, address_id: int) -> None:
    """Idempotent."""
    customer.addresses[:] = [kept for kept in customer.addresses if kept.id != address_id]
    db.session.flush()


def add_note(customer: Customer, text: str, actor: str) -> StaffNote:
    """See `write_note`."""
    customer.refuse_gone()
    link = f"/customers/{customer.id}#notes"
    place = NotePlace("customer_id", customer.id, MENTIONED_ON_CUSTOMER, link)
    return write_note(place, text, actor)


def save_agent(agent: Agent, wanted: AgentIn) -> Agent:
    """Writes `wanted` into a new or known agent. Raises CodeTaken when another one has the code."""
    taken = CodeTaken(_l("Another agent has the code %(code)s already.", code=wanted.code))
    if wanted.code != agent.code:
        # In whatever case it is written: nobody could tell the two apart.
        twin = (func.lower(Agent.code) == func.lower(wanted.code)) & (Agent.id != (agent.id or 0))
        other = db.session.scalar(select(Agent.code).where(twin).limit(1))
        if other is not None:
            raise CodeTaken(_l("Another agent has the code %(code)s already.", code=other))
    for name in AgentIn.model_fields:
        setattr(agent, name, getattr(wanted, name))
    return _saved(agent, taken)


def search_text(customer: Customer) -> str:
    return searchable(
        customer.name,
        customer.document,
        customer.email,
        customer.phone,
        customer.city,
        customer.zip_code,
    )


def with_document(document: str) -> Customer | None:
    return db.session.scalar(_WITH_DOCUMENT, {"document": document}) if document else None


def known_by(buyer) -> Customer | None:
    """The customer who has the buyer's document; of a buyer abroad without one, who has their name
    and e-mail address and no document either."""
    if buyer.document or not buyer.email:
        return with_document(buyer.document)
    alike = db.session.scalars(_WITHOUT_DOCUMENT, {"email": buyer.email})
    return next((customer for customer in alike if is_named(customer, buyer)), None)


def _saved(row, twin: Refusal):
    """The row, flushed; `twin` is raised when another one took its place in the same moment."""
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError:
        raise twin from None
    return row

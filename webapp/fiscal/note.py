"""What a note says before it is a document. Money is `Decimal` reais with two places; weights are
grams."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from webapp.fiscal.calendar import CUMULATIVE
from webapp.platform.money import ZERO, cents

# What a shop chose for IBS and CBS beside its tax regime (NT 2026.005): in Simples the regular
# regime; in the normal one an option for Simples that is pending, inside its limit or above.
REGULAR, PENDING, PENDING_ABOVE = "regular", "pending", "pending_above"


class Environment(StrEnum):
    PRODUCTION = "production"
    HOMOLOGATION = "homologation"

    @property
    def code(self) -> str:
        """As documents write it (tpAmb)."""
        return "1" if self is Environment.PRODUCTION else "2"


class RegistrationIndicator(StrEnum):
    """The buyer's standing with its state's goods tax (ICMS)."""

    CONTRIBUTOR = "contributor"
    EXEMPT = "exempt"
    NON_CONTRIBUTOR = "non_contributor"


class Destination(StrEnum):
    """Where the goods go, as the document's `idDest` writes it."""

    IN_STATE = "1"
    OUT_OF_STATE = "2"
    ABROAD = "3"


@dataclass(frozen=True, slots=True)
class Address:
    """`country` is ISO 3166 alpha-2; `ibge` is the seven-digit code of the municipality."""

    street: str
    number: str
    complement: str
    neighborhood: str
    city: str
    ibge: str
    state: str
    zip_code: str
    country: str = "BR"

    @property
    def is_foreign(self) -> bool:
        return self.country not in ("", "BR")


@dataclass(frozen=True, slots=True)
class TechnicalContact:
    """Who answers for the program that issues (`infRespTec`). `csrt` is the secret that a state
    gives its maker, `csrt_id` its number."""

    cnpj: str
    name: str
    email: str
    phone: str
    csrt_id: str = ""
    csrt: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Issuer:
    """`crt` is the tax regime: 1 Simples, 2 Simples above the state's limit, 3 normal, 4 MEI.
    `pis_cofins` is that of regime 3: cumulative or non_cumulative. `authorized_parties` are the CPF
    and CNPJ that may download the document (`autXML`). `ibs_cbs` are the shop's choices for IBS and
    CBS, each with its first day, the oldest first."""

    cnpj: str
    name: str
    trade_name: str
    state_registration: str
    crt: str
    address: Address
    phone: str = ""
    pis_cofins: str = CUMULATIVE
    technical_contact: TechnicalContact | None = None
    authorized_parties: tuple[str, ...] = ()
    ibs_cbs: tuple[tuple[date, str], ...] = ()

    def ibs_cbs_choice(self, day: date) -> str:
        return choice_on(self.ibs_cbs, day)


def choice_on(choices: Sequence[tuple[date, str]], day: date) -> str:
    """Of choices by their first days, the oldest first; "" where the regime alone decides."""
    return next((choice for start, choice in reversed(choices) if start <= day), "")


@dataclass(frozen=True, slots=True)
class Party:
    """The buyer. `document` is a CPF, a CNPJ (letters too) or, abroad, a passport or the like."""

    name: str
    document: str
    address: Address
    email: str = ""
    phone: str = ""
    state_registration: str = ""
    taxpayer: str = RegistrationIndicator.NON_CONTRIBUTOR


@dataclass(frozen=True, slots=True)
class ItemReference:
    """An item of an authorized note, by that note's key."""

    access_key: str
    item: int


@dataclass(frozen=True, slots=True)
class Item:
    """One line. `discount` and `freight` are the line's own share; a gift has its whole value as
    discount. `tax_profile` is the product's own choice of one, by its code; `gives_back` the item
    that a return's takes back."""

    sku: str
    name: str
    ncm: str
    quantity: int
    unit_price: Decimal
    gtin: str = ""
    origin: str = "0"
    unit: str = "UN"
    discount: Decimal = ZERO
    freight: Decimal = ZERO
    weight_g: int = 0
    kind: str = "physical"
    gift: bool = False
    category: str = ""
    tax_profile: str = ""
    # Its line in the sale.
    position: int = 0
    gives_back: ItemReference | None = None
    goods: Decimal = field(init=False)
    total: Decimal = field(init=False)

    def __post_init__(self) -> None:
        goods = cents(self.quantity * self.unit_price)
        object.__setattr__(self, "goods", goods)
        object.__setattr__(self, "total", goods + self.freight - self.discount)


@dataclass(frozen=True, slots=True)
class Marketplace:
    """The platform a sale came through; `seller_id` is the shop's name there, `order` the sale's
    number."""

    cnpj: str
    seller_id: str
    order: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """`method`: of `payments.METHODS`; `brand`: of `payments.BRANDS`; `pix`: dynamic, static or
    not told."""

    method: str
    amount: Decimal
    day: date | None = None
    acquirer_cnpj: str = ""
    brand: str = ""
    authorization: str = ""
    pix: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """An instalment that the buyer owes the shop."""

    due: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Carrier:
    name: str
    cnpj: str
    state_registration: str = ""
    street: str = ""
    city: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Volume:
    """So many volumes alike; the weights are of all of them together, None where nobody weighed."""

    quantity: int
    kind: str = ""
    net_weight_g: int | None = None
    gross_weight_g: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """`delivery` is where the goods go when it is not the recipient's own address. `payments` add
    up to the total; without any, all is paid by `payment_method`. `buyer_use` and `freight_by` are
    as the sale tells them, blank where it does not."""

    environment: str
    issuer: Issuer
    recipient: Party
    items: tuple[Item, ...]
    payment_method: str
    channel: str = "site"
    marketplace: Marketplace | None = None
    reference: str = ""
    delivery: Address | None = None
    payments: tuple[Payment, ...] = ()
    bills: tuple[Bill, ...] = ()
    buyer_use: str = ""
    carrier: Carrier | None = None
    freight_by: str = ""
    packages: tuple[Volume, ...] = ()
    # The goods change hands in the shop.
    is_handed_over: bool = False
    # Why its goods come back.
    return_reason: str = ""
    goods: Decimal = field(init=False)
    discount: Decimal = field(init=False)
    freight: Decimal = field(init=False)
    destination: Destination = field(init=False)

    def __post_init__(self) -> None:
        for name in ("goods", "discount", "freight"):
            object.__setattr__(
                self, name, cents(sum((getattr(item, name) for item in self.items), ZERO))
            )
        object.__setattr__(self, "destination", self._destination())

    @property
    def total(self) -> Decimal:
        return self.goods + self.freight - self.discount

    @property
    def is_return(self) -> bool:
        """Goods come in that an authorized note sent out."""
        return any(item.gives_back for item in self.items)

    @property
    def goods_to(self) -> Address:
        """Where the goods go, or come back from: what decides on taxes."""
        return self.delivery or self.recipient.address

    @property
    def is_to_consumer(self) -> bool:
        """The buyer is no contributor to ICMS."""
        return self.recipient.taxpayer == RegistrationIndicator.NON_CONTRIBUTOR

    @property
    def is_final(self) -> bool:
        """The goods are for the buyer's own use."""
        is_contributor = self.recipient.taxpayer == RegistrationIndicator.CONTRIBUTOR
        return not is_contributor or self.buyer_use == "own"

    def _destination(self) -> Destination:
        if self.goods_to.is_foreign:
            return Destination.ABROAD
        same = self.goods_to.state == self.issuer.address.state
        return Destination.IN_STATE if same else Destination.OUT_OF_STATE

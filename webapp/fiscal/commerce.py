"""How a sale was made, as the document writes it: through which channel, how it is paid, what is
owed by when, and who carries the goods."""

from decimal import Decimal

from webapp.fiscal import payments
from webapp.fiscal.note import Carrier, Note, Payment, Volume
from webapp.fiscal.text import clean, digits, identifier
from webapp.fiscal.xml import Section, amount
from webapp.platform.money import ZERO

AT_THE_COUNTER, BY_INTERNET = "1", "2"
PRESENCE = {"store": AT_THE_COUNTER, "site": BY_INTERNET, "phone": "3", "wholesale": "9"}
FREIGHT = {"shop": "0", "buyer": "1", "third": "2"}
OWN_OF_SHOP, OWN_OF_BUYER, NOT_CARRIED = "3", "4", "9"
AT_ONCE, ON_CREDIT = "0", "1"
# What a sale on credit is paid with later.
LATER = {"boleto", "other"}
LONGEST_ORDER = 15


def channel(note: Note) -> Section:
    """A sale at the counter has no site, and so tells of a marketplace only if there was one (435,
    434)."""
    presence = PRESENCE.get(note.channel, BY_INTERNET)
    without = None if presence == AT_THE_COUNTER else "0"
    return {"indPres": presence, "indIntermed": "1" if note.marketplace else without}


def intermediary(note: Note) -> Section | None:
    if note.marketplace is None:
        return None
    return {
        "CNPJ": identifier(note.marketplace.cnpj),
        "idCadIntTran": clean(note.marketplace.seller_id),
    }


def order_there(note: Note, position: int) -> Section:
    """The marketplace's number of the sale, where the layout has room for it."""
    order = clean(note.marketplace.order) if note.marketplace else ""
    if not order or len(order) > LONGEST_ORDER:
        return {}
    return {"xPed": order, "nItemPed": str(position) if position else None}


def long_order(note: Note) -> str:
    """The same where there is none."""
    order = clean(note.marketplace.order) if note.marketplace else ""
    return order if len(order) > LONGEST_ORDER else ""


def paid(note: Note) -> list[Section]:
    """What the buyer owes nothing for is paid by nothing."""
    if note.total <= ZERO or note.is_return:
        return [{"tPag": payments.NONE, "vPag": amount(ZERO)}]
    made = note.payments or (Payment(note.payment_method, note.total),)
    later = LATER & {payment.method for payment in made}
    return [
        _payment(payment, bool(note.bills) and (not later or payment.method in later))
        for payment in made
    ]


def _payment(payment: Payment, on_credit: bool) -> Section:
    method = payments.METHODS.get(payment.method, payments.OTHER)
    if payment.pix == "static":
        method = payments.STATIC_PIX
    return {
        "indPag": ON_CREDIT if on_credit else AT_ONCE,
        "tPag": method,
        "xPag": "Outro meio de pagamento" if method == payments.OTHER else None,
        "vPag": amount(payment.amount),
        "dPag": payment.day.isoformat() if payment.day else None,
        "card": _institution(payment, method),
    }


def _institution(payment: Payment, method: str) -> Section | None:
    """Integrated ("1") is what the shop's system knows institution and code of (392)."""
    known = bool(payment.acquirer_cnpj and payment.authorization)
    told = payment.acquirer_cnpj or payment.authorization
    if method not in payments.CARDS and not (told and method in payments.WITH_INSTITUTION):
        return None
    brand, _name = payments.BRANDS.get(payment.brand, (None, ""))
    return {
        "tpIntegra": "1" if known else "2",
        "CNPJ": identifier(payment.acquirer_cnpj) or None,
        "tBand": brand,
        "cAut": clean(payment.authorization, 128) or None,
    }


def bills(note: Note) -> Section | None:
    """The invoice and its instalments (fatura and duplicatas)."""
    if not note.bills:
        return None
    owed = amount(sum((bill.amount for bill in note.bills), ZERO))
    return {
        "fat": {
            "nFat": clean(note.reference, 60) or "1",
            "vOrig": owed,
            "vDesc": amount(ZERO),
            "vLiq": owed,
        },
        "dup": [
            {"nDup": f"{number:03}", "dVenc": bill.due.isoformat(), "vDup": amount(bill.amount)}
            for number, bill in enumerate(note.bills, 1)
        ],
    }


def transport(note: Note) -> Section:
    mode = _freight_mode(note)
    if mode == NOT_CARRIED or note.is_return:
        return {"modFrete": mode}
    return {
        "modFrete": mode,
        "transporta": note.carrier and _carrier(note.carrier),
        "vol": _volumes(note),
    }


def _freight_mode(note: Note) -> str:
    if note.is_handed_over and not note.freight_by and not note.freight:
        return NOT_CARRIED
    mode = FREIGHT.get(note.freight_by, FREIGHT["shop"])
    carrier = identifier(note.carrier.cnpj) if note.carrier else ""
    if carrier and mode == FREIGHT["shop"] and carrier == identifier(note.issuer.cnpj):
        return OWN_OF_SHOP
    if carrier and mode == FREIGHT["buyer"] and carrier == identifier(note.recipient.document):
        return OWN_OF_BUYER
    return mode


def _carrier(carrier: Carrier) -> Section:
    return {
        "CNPJ": identifier(carrier.cnpj),
        "xNome": clean(carrier.name, 60) or None,
        "IE": digits(carrier.state_registration) or None,
        "xEnder": clean(carrier.street, 60) or None,
        "xMun": clean(carrier.city, 60) or None,
        "UF": clean(carrier.state, 2) or None,
    }


def _volumes(note: Note) -> list[Section]:
    """As packed; else one volume of the goods' weight, which also is that of a single package that
    nobody weighed."""
    grams = sum(item.quantity * item.weight_g for item in note.items)
    packages = note.packages or (Volume(1),)
    alone = len(packages) == 1
    return [_volume(package, grams if alone else 0) for package in packages]


def _volume(package: Volume, grams: int) -> Section:
    net, gross = package.net_weight_g, package.gross_weight_g
    if net is None and gross is None:
        net = gross = grams or None
    return {
        "qVol": str(package.quantity),
        "esp": clean(package.kind, 60) or "VOLUME",
        "pesoL": _kilograms(net),
        "pesoB": _kilograms(gross),
    }


def _kilograms(grams: int | None) -> str | None:
    return None if grams is None else f"{Decimal(grams) / 1000:.3f}"

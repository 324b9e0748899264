"""The note as the XML of layout 4.00 (manual MOC 7.0, NT 2025.002), children in the schema's order.

A section is a dict in document order: a value of None is left out, a list repeats its tag, `@`
marks an attribute. Building never refuses: what is missing or wrong is written as it is, and
`checks` names it.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha1

from lxml import etree

from webapp.fiscal import commerce
from webapp.fiscal.access_key import MODEL, NORMAL_EMISSION, access_key
from webapp.fiscal.approximate_taxes import ApproximateTaxes
from webapp.fiscal.arranging import REGIME, put, regime_code
from webapp.fiscal.digits import is_gtin, is_gtin_given_out
from webapp.fiscal.item_taxes import (
    item_taxes,
    simples_share,
    simples_totals,
    tax_remarks,
    tax_totals,
)
from webapp.fiscal.note import (
    Address,
    Destination,
    Environment,
    Issuer,
    Item,
    ItemReference,
    Note,
    Party,
    RegistrationIndicator,
    TechnicalContact,
)
from webapp.fiscal.official_tables import Burden
from webapp.fiscal.places import state
from webapp.fiscal.schema import Package
from webapp.fiscal.tables import COUNTRIES
from webapp.fiscal.tax_book import TaxBook
from webapp.fiscal.taxes import SIMPLES, Taxes, assess, standing
from webapp.fiscal.text import clean, digits, identifier
from webapp.fiscal.xml import NAMESPACE, Section, amount, positive, xml
from webapp.platform.clock import utc_now
from webapp.platform.documents import DocumentKind, document_kind
from webapp.platform.money import ZERO

VERSION = "4.00"
SOFTWARE = "Balcao 1.0"
HOMOLOGATION_NAME = "NF-E EMITIDA EM AMBIENTE DE HOMOLOGACAO - SEM VALOR FISCAL"
SIMPLES_NOTICE = "DOCUMENTO EMITIDO POR ME OU EPP OPTANTE PELO SIMPLES NACIONAL"
NO_GTIN = "SEM GTIN"
SEFAZ_BAHIA = "13937073000156"  # for code 486, where the issuer names nobody
EXTERIOR, NO_NUMBER = "EXTERIOR", "S/N"
BRAZIL = {"cPais": "1058", "xPais": "BRASIL"}
# tpNF and finNFe.
INCOMING, OUTGOING = "0", "1"
NORMAL_PURPOSE, RETURN = "1", "4"
DRAFT_CODE = "00000000"  # no real note has it: one digit repeated
REGISTRATION: dict[str, str] = {
    RegistrationIndicator.CONTRIBUTOR: "1",
    RegistrationIndicator.EXEMPT: "2",
    RegistrationIndicator.NON_CONTRIBUTOR: "9",
}


@dataclass(frozen=True, slots=True)
class Standby:
    """The service (SVC) that stands in for the state's own: the note's `emission` (tpEmis), since
    when (aware) and why the own one does not serve."""

    emission: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Numbering:
    """What a note gets at sending: `issued_at` is aware, `code` the eight digits of
    `access_key.random_code`; `standby` where another service than the state's own takes it."""

    series: int
    number: int
    issued_at: datetime
    code: str
    standby: Standby | None = None

    @property
    def emission(self) -> str:
        return self.standby.emission if self.standby else NORMAL_EMISSION


def draft_of(moment: datetime) -> Numbering:
    """With it a note is built as a draft that is to be issued at `moment`."""
    return Numbering(0, 1, moment, DRAFT_CODE)


def build(
    note: Note,
    book: TaxBook,
    number: Numbering | None = None,
    taxes: Sequence[Taxes] | None = None,
) -> etree._Element:
    """The unsigned `NFe` element. Without `number` it is a draft: complete but for number, key and
    signature. `taxes` are those of a return's items, which are not assessed anew."""
    given = number or draft_of(utc_now())
    issued_at = _local(note, given.issued_at)
    key = _key(note, given, issued_at)
    if taxes is None:
        taxes = [assess(note, item, issued_at.date(), book) for item in note.items]
    with_ibs_cbs = any(tax.ibs_cbs_written for tax in taxes)
    package = book.package(issued_at.date())
    approximate = ApproximateTaxes.of(note, issued_at.date(), book)
    body = {
        "@Id": f"NFe{key}",
        "@versao": VERSION,
        "ide": _identification(note, given, issued_at, key),
        "emit": _issuer_on(note.issuer, issued_at.date(), book, package),
        "dest": _recipient(note),
        "retirada": _delivery(note) if note.is_return else None,
        "entrega": None if note.is_return else _delivery(note),
        "autXML": [_by_document(party) for party in _authorized_parties(note.issuer)],
        "det": [
            _item(n, item, tax, burden, with_ibs_cbs, package, note)
            for n, (item, tax, burden) in enumerate(
                zip(note.items, taxes, approximate.burdens, strict=True), 1
            )
        ],
        "total": approximate.with_total(_total(note, taxes, with_ibs_cbs, package)),
        "transp": commerce.transport(note),
        "cobr": commerce.bills(note),
        "pag": {"detPag": commerce.paid(note)},
        "infIntermed": commerce.intermediary(note),
        "infAdic": _remarks(note, taxes, approximate),
        "exporta": _export(note),
        "infRespTec": _technical_contact(note.issuer.technical_contact, key),
    }
    return etree.fromstring(xml("NFe", {"@xmlns": NAMESPACE, "infNFe": body}))


def is_of_day(draft: etree._Element, note: Note, moment: datetime) -> bool:
    """Whether the draft's taxes are those of the day that `moment` is in the issuer's state."""
    written_at = draft[0][0].findtext(f"{{{NAMESPACE}}}dhEmi", "")
    return written_at[:10] == str(_local(note, moment).date())


def numbered(draft: etree._Element, note: Note, number: Numbering) -> etree._Element:
    """What `build(note, book, number)` gives, made of the note's draft of the same day, which is no
    draft any more. Raises ValueError on another day: what it says was not checked for that."""
    if not is_of_day(draft, note, number.issued_at):
        raise ValueError("a note is issued on the day for which its draft was checked")
    issued_at = _local(note, number.issued_at)
    ide = {field.tag: field for field in draft[0][0]}
    key = _key(note, number, issued_at)
    draft[0].set("Id", f"NFe{key}")
    for tag, text in _given_fields(number, issued_at, key).items():
        ide[f"{{{NAMESPACE}}}{tag}"].text = text
    last = ide[f"{{{NAMESPACE}}}verProc"]
    for tag, text in reversed(_standing_in(note, number.standby).items()):
        told = etree.SubElement(draft[0][0], f"{{{NAMESPACE}}}{tag}")
        told.text = text
        last.addnext(told)
    contact = note.issuer.technical_contact
    if contact and contact.csrt:
        written = draft[0].find(f"{{{NAMESPACE}}}infRespTec/{{{NAMESPACE}}}hashCSRT")
        assert written is not None, "a draft has the pair where the issuer has it"
        written.text = csrt_hash(contact.csrt, key)
    return draft


def csrt_hash(csrt: str, key: str) -> str:
    """NT 2018.005: what proves that the program's maker knows the secret, for this note alone."""
    return b64encode(sha1((csrt + key).encode(), usedforsecurity=False).digest()).decode()


def _local(note: Note, moment: datetime) -> datetime:
    return moment.astimezone(state(note.issuer.address.state).zone)


def _key(note: Note, given: Numbering, issued_at: datetime) -> str:
    return access_key(
        state(note.issuer.address.state).code,
        issued_at,
        identifier(note.issuer.cnpj),
        given.series,
        given.number,
        given.code,
        given.emission,
    )


def _standing_in(note: Note, standby: Standby | None) -> dict[str, str]:
    if standby is None:
        return {}
    since = _local(note, standby.since).isoformat(timespec="seconds")
    return {"dhCont": since, "xJust": clean(standby.reason, 256)}


def _given_fields(given: Numbering, issued_at: datetime, key: str) -> dict[str, str]:
    """What of the identification only sending gives."""
    return {
        "cNF": given.code,
        "serie": str(given.series),
        "nNF": str(given.number),
        "dhEmi": issued_at.isoformat(timespec="seconds"),
        "tpEmis": given.emission,
        "cDV": key[-1],
    }


def access_key_of(document: etree._Element) -> str:
    return str(document[0].attrib["Id"])[3:]


def _identification(note: Note, given: Numbering, issued_at: datetime, key: str) -> Section:
    fields = _given_fields(given, issued_at, key)
    return {
        "cUF": key[:2],
        "cNF": fields["cNF"],
        "natOp": _operation(note),
        "mod": MODEL,
        "serie": fields["serie"],
        "nNF": fields["nNF"],
        "dhEmi": fields["dhEmi"],
        "tpNF": INCOMING if note.is_return else OUTGOING,
        "idDest": note.destination.value,
        "cMunFG": digits(note.issuer.address.ibge),
        "tpImp": "1",
        "tpEmis": fields["tpEmis"],
        "cDV": fields["cDV"],
        "tpAmb": Environment(note.environment).code,
        "finNFe": RETURN if note.is_return else NORMAL_PURPOSE,
        "indFinal": "1" if note.is_final else "0",
        **commerce.channel(note),
        "procEmi": "0",
        "verProc": SOFTWARE,
        **_standing_in(note, given.standby),
    }


def _operation(note: Note) -> str:
    if note.is_return:
        return "Devolucao de venda de mercadoria"
    only_gifts = note.items and all(item.gift for item in note.items)
    return "Remessa em bonificacao" if only_gifts else "Venda de mercadoria"


@lru_cache(maxsize=8)
def _issuer(issuer: Issuer) -> Section:
    return {
        "CNPJ": identifier(issuer.cnpj),
        "xNome": clean(issuer.name),
        "xFant": clean(issuer.trade_name) or None,
        "enderEmit": _address(issuer.address, issuer.phone),
        "IE": digits(issuer.state_registration) or None,
        "CRT": clean(issuer.crt, 1),
    }


def _issuer_on(issuer: Issuer, day: date, book: TaxBook, package: Package) -> Section:
    """With what it chose for IBS and CBS by that day, where it chose."""
    own = standing(issuer.crt, issuer.ibs_cbs_choice(day), book.calendar.on(day))
    if not own.choice:
        return _issuer(issuer)
    section = dict(_issuer(issuer))
    put(section, "emit", REGIME, regime_code(own.choice, package) or None, package)
    return section


def _recipient(note: Note) -> Section:
    buyer = note.recipient
    homologation = note.environment != Environment.PRODUCTION
    registration = (
        digits(buyer.state_registration)
        if buyer.taxpayer == RegistrationIndicator.CONTRIBUTOR
        else ""
    )
    return _buyer_document(buyer) | {
        "xNome": HOMOLOGATION_NAME if homologation else clean(buyer.name),
        "enderDest": _address(buyer.address, buyer.phone),
        "indIEDest": REGISTRATION.get(buyer.taxpayer, "9"),
        "IE": registration or None,
        "email": clean(buyer.email, 61) if 0 < len(clean(buyer.email, 61)) <= 60 else None,
    }


def _delivery(note: Note) -> Section | None:
    """Where the goods go or come back from, when it is not the address of the recipient."""
    if note.delivery is None:
        return None
    buyer = note.recipient
    name = {"xNome": clean(buyer.name, 60) or None}
    return _buyer_document(buyer) | name | _address(note.delivery, buyer.phone)


def _buyer_document(buyer: Party) -> Section:
    if buyer.address.is_foreign:
        is_passport = document_kind(buyer.document) is DocumentKind.FOREIGN
        return {"idEstrangeiro": clean(buyer.document, 20) if is_passport else ""}
    return _by_document(buyer.document)


def _by_document(document: str) -> Section:
    value = identifier(document)
    return {"CPF": value} if len(value) <= 11 else {"CNPJ": value}


def _authorized_parties(issuer: Issuer) -> tuple[str, ...]:
    """Those that the issuer names; in Bahia, which wants somebody, its own authority."""
    if not issuer.authorized_parties and issuer.address.state == "BA":
        return (SEFAZ_BAHIA,)
    return issuer.authorized_parties


def _technical_contact(contact: TechnicalContact | None, key: str) -> Section | None:
    if contact is None:
        return None
    return {
        "CNPJ": identifier(contact.cnpj),
        "xContato": clean(contact.name),
        "email": clean(contact.email),
        "fone": digits(contact.phone),
        "idCSRT": contact.csrt_id if contact.csrt else None,
        "hashCSRT": csrt_hash(contact.csrt, key) if contact.csrt else None,
    }


def _address(address: Address, phone: str) -> Section:
    place: Section = {
        "cMun": digits(address.ibge),
        "xMun": clean(address.city),
        "UF": clean(address.state, 2),
        "CEP": digits(address.zip_code),
        **BRAZIL,
    }
    if address.is_foreign:
        code, name = COUNTRIES.get(address.country, (None, None))
        place = {"cMun": "9999999", "xMun": EXTERIOR, "UF": "EX", "cPais": code, "xPais": name}
    fone = digits(phone)
    # Other countries write addresses without number or neighborhood.
    number, neighborhood = (NO_NUMBER, EXTERIOR) if address.is_foreign else ("", "")
    return {
        "xLgr": clean(address.street),
        "nro": clean(address.number) or number,
        "xCpl": clean(address.complement) or None,
        "xBairro": clean(address.neighborhood) or neighborhood,
        **place,
        "fone": fone if 6 <= len(fone) <= 14 else None,
    }


def _item(
    place: int,
    item: Item,
    tax: Taxes,
    burden: Burden | None,
    with_ibs_cbs: bool,
    package: Package,
    note: Note,
) -> Section:
    gtin, unit = digits(item.gtin) or NO_GTIN, clean(item.unit, 6)
    if is_gtin(gtin) and not is_gtin_given_out(gtin):
        gtin = NO_GTIN
    quantity, price, profile = str(item.quantity), format(item.unit_price, "f"), tax.profile
    det = {
        "@nItem": str(place),
        "prod": {
            "cProd": clean(item.sku),
            "cEAN": gtin,
            "xProd": clean(item.name, 120),
            "NCM": digits(item.ncm),
            "CEST": profile.cest or None,
            "cBenef": profile.benefit_code or None,
            "CFOP": tax.cfop,
            "uCom": unit,
            "qCom": quantity,
            "vUnCom": price,
            "vProd": amount(item.goods),
            "cEANTrib": gtin,
            "uTrib": unit,
            "qTrib": quantity,
            "vUnTrib": price,
            "vFrete": positive(item.freight),
            "vDesc": positive(item.discount),
            "indTot": "1",
            **commerce.order_there(note, item.position),
        },
        "imposto": {
            "vTotTrib": burden and amount(burden.total),
            **item_taxes(tax, profile.origin or clean(item.origin, 1)),
        },
        "vItem": amount(item.total) if with_ibs_cbs else None,
        "DFeReferenciado": _given_back(item.gives_back) if item.gives_back else None,
    }
    if tax.simples:
        put(det, "det", "gTribSN", simples_share(tax.simples), package)
    if tax.activity:
        put(det, "det", "cAtivSN", tax.activity, package)
    if tax.net_value is not None:
        put(det, "det", "vProdLiq", amount(tax.net_value), package)
        put(det, "det", "vUnComLiq", _net_price(tax.net_value, item), package)
    return det


def _net_price(net_value: Decimal, item: Item) -> str:
    """To ten places: times the quantity it is the net value within a cent (code 1279)."""
    return f"{(net_value / item.quantity).quantize(Decimal('1e-10')).normalize():f}"


def _given_back(reference: ItemReference) -> Section:
    return {"chaveAcesso": reference.access_key, "nItem": str(reference.item)}


def _total(note: Note, taxes: Sequence[Taxes], with_ibs_cbs: bool, package: Package) -> Section:
    total = tax_totals(note, taxes, with_ibs_cbs)
    if any(tax.simples for tax in taxes):
        put(total, "total", "gTribSN", simples_totals(taxes), package)
    nets = [tax.net_value for tax in taxes if tax.net_value is not None]
    if nets:
        put(total, "total", "vProdLiqTot", amount(sum(nets, ZERO)), package)
    return total


def _remarks(note: Note, taxes: Sequence[Taxes], approximate: ApproximateTaxes) -> Section | None:
    notice = SIMPLES_NOTICE if note.issuer.crt in SIMPLES else ""
    reference = clean(note.reference)
    order = commerce.long_order(note)
    told = (
        notice,
        f"Pedido {reference}" if reference else "",
        f"Pedido no marketplace {order}" if order else "",
        *(_return_remarks(note) if note.is_return else tax_remarks(taxes)),
        approximate.remark,
    )
    text = ". ".join(filter(None, told))
    return {"infCpl": text} if text else None


def _return_remarks(note: Note) -> list[str]:
    """Which notes are given back, and why: what states want told of goods that come in so."""
    keys = dict.fromkeys(item.gives_back.access_key for item in note.items if item.gives_back)
    told = [
        f"Devolucao referente a NF-e {int(key[25:34])}, serie {int(key[22:25])}, chave {key}"
        for key in keys
    ]
    reason = clean(note.return_reason, 500).rstrip(".")
    return [*told, f"Motivo: {reason}"] if reason else told


def _export(note: Note) -> Section | None:
    if note.destination is not Destination.ABROAD:
        return None
    return {
        "UFSaidaPais": clean(note.issuer.address.state, 2),
        "xLocExporta": clean(note.issuer.address.city),
    }


def unnumbered(document: etree._Element) -> etree._Element:
    """A copy without what only sending gives: number, code, key and time."""
    copy = etree.fromstring(etree.tostring(document))
    copy[0].attrib.pop("Id")
    for tag in ("cNF", "serie", "nNF", "dhEmi", "cDV"):
        for found in copy[0][0].findall(f"{{{NAMESPACE}}}{tag}"):
            copy[0][0].remove(found)
    return copy


def preview(document: etree._Element) -> str:
    """The document indented for reading, without what only sending gives."""
    return etree.tostring(unnumbered(document), pretty_print=True, encoding="unicode")

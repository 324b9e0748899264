"""What each check looks for: a function from a reading to the parameters of every failure; none
when it passes."""

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from webapp.fiscal.digits import is_gtin, mod11
from webapp.fiscal.document import HOMOLOGATION_NAME, NO_GTIN, VERSION
from webapp.fiscal.places import STATES, state
from webapp.fiscal.reading import Reading, ReadItem, decimal
from webapp.fiscal.registrations import is_state_registration
from webapp.fiscal.taxes import SIMPLES
from webapp.fiscal.text import clean, loses
from webapp.platform.documents import normalize_document
from webapp.platform.money import ZERO, cents
from webapp.platform.whole import whole_number

Failures = list[dict[str, Any]]
Test = Callable[[Reading], Failures]
CENT = Decimal("0.01")
TAX_FREE = {"103", "300", "400", "40", "41"}
# NT 2025.001 v1.03, rules E16a-30 and E16a-35: states whose buyers are never "exempt" from
# registration.
STATES_WITHOUT_EXEMPT = set("AL AM BA CE DF ES GO MG MS MT PB PE RJ RN RS SE SP".split())
ST_TOLD = ("vICMSST", "vICMSSTRet")
# NT 2018.005: states whose issuers name who answers for their program; Paraná with a proof of it.
STATES_WITH_TECHNICAL_CONTACT = {"AM", "MS", "PE", "PR", "SC", "TO"}
STATES_WITH_CSRT = {"PR"}
ADDED_WHERE_CHOSEN = (
    ("PISST", "vPIS", "indSomaPISST"),
    ("COFINSST", "vCOFINS", "indSomaCOFINSST"),
)
ADDED = ("vProd", "vST", "vFCPST", "vFrete", "vSeg", "vOutro", "vII", "vIPI", "vIPIDevol")


def failing(condition: bool, **params: Any) -> Failures:
    return [params] if condition else []


def each_item(
    test: Callable[[Reading, ReadItem], bool], concerns: Callable[[Reading], bool] | None = None
) -> Test:
    """The check fails once for every item of a document that it concerns for which `test` is
    true."""

    def of_all(reading: Reading) -> Failures:
        if concerns is not None and not concerns(reading):
            return []
        return [item.params for item in reading.items if test(reading, item)]

    return of_all


def blank_address(tag: str, label: str) -> Test:
    return lambda reading: failing(
        not reading.is_foreign and not reading.goods_to.get(tag), label=label
    )


def total_differs(tag: str, group: str, item_tag: str, label: str) -> Test:
    """A total of the note against the sum over its items; `group` is a tax group, or empty for the
    goods."""

    def test(reading: Reading) -> Failures:
        summed = ZERO
        for item in reading.items:
            part = item.taxes.get(group) if group else item.product
            if part and item_tag in part and (item_tag != "vProd" or part.get("indTot") != "0"):
                summed += decimal(part, item_tag)
        total = decimal(reading.total, tag)
        return (
            [] if summed == total else [{"label": label, "total": str(total), "sum": str(summed)}]
        )

    return test


@lru_cache(maxsize=64)  # the shop's own and its marketplaces
def is_cnpj(value: str) -> bool:
    return len(value) == 14 and normalize_document(value) is not None


def issuer_cnpj(reading: Reading) -> Failures:
    cnpj = reading.issuer.get("CNPJ", "")
    return failing(not is_cnpj(cnpj), cnpj=cnpj)


def issuer_registration(reading: Reading) -> Failures:
    number = reading.issuer.get("IE", "")
    return failing(
        bool(number) and not is_state_registration(reading.issuer.get("UF", ""), number),
        number=number,
    )


def issuer_state(reading: Reading) -> Failures:
    code, expected = reading.identification.get("cUF"), STATES.get(reading.issuer.get("UF", ""))
    return failing(expected is None or expected.code != code, state=reading.issuer.get("UF", ""))


def technical_contact_missing(reading: Reading) -> Failures:
    place = reading.issuer.get("UF", "")
    missing = place in STATES_WITH_TECHNICAL_CONTACT and reading.technical_contact is None
    return failing(missing, state=place)


def csrt_missing(reading: Reading) -> Failures:
    contact, place = reading.technical_contact, reading.issuer.get("UF", "")
    missing = place in STATES_WITH_CSRT and contact is not None and "hashCSRT" not in contact
    return failing(missing, state=place)


def authorized_party_missing(reading: Reading) -> Failures:
    missing = reading.issuer.get("UF") == "BA" and not reading.names_authorized_party
    return failing(missing)


def city_outside_state(section: str) -> Test:
    def test(reading: Reading) -> Failures:
        party = getattr(reading, section) or {}
        code, name = party.get("cMun", ""), party.get("UF", "")
        return failing(
            bool(code) and name in STATES and not code.startswith(state(name).code),
            city=party.get("xMun", ""),
            state=name,
        )

    return test


def recipient_document_missing(reading: Reading) -> Failures:
    return failing(
        not reading.is_foreign and not any(reading.recipient.get(tag) for tag in ("CPF", "CNPJ"))
    )


def recipient_document_wrong(tag: str, length: int) -> Test:
    def test(reading: Reading) -> Failures:
        value = reading.recipient.get(tag, "")
        return failing(bool(value) and (len(value) != length or not normalize_document(value)))

    return test


def recipient_registration_missing(reading: Reading) -> Failures:
    return failing(reading.recipient.get("indIEDest") == "1" and not reading.recipient.get("IE"))


def recipient_registration(reading: Reading) -> Failures:
    number = reading.recipient.get("IE", "")
    return failing(
        bool(number) and not is_state_registration(reading.recipient.get("UF", ""), number),
        number=number,
    )


def exempt_refused(reading: Reading) -> Failures:
    """Not where ST is told of an item, nor where every item is exempt, immune or not taxed."""
    icms = [item.taxes.get("ICMS", {}) for item in reading.items]
    taxed = any(_icms_code(item) not in TAX_FREE for item in reading.items)
    substituted = any(tag in one for one in icms for tag in ST_TOLD)
    name = reading.recipient.get("UF", "")
    exempt = reading.recipient.get("indIEDest") == "2" and name in STATES_WITHOUT_EXEMPT
    return failing(exempt and taxed and not substituted, state=name)


def homologation_name(reading: Reading) -> Failures:
    return failing(
        reading.identification.get("tpAmb") == "2"
        and reading.recipient.get("xNome") != HOMOLOGATION_NAME
    )


def no_goods(reading: Reading) -> Failures:
    return failing(not reading.items)


def no_ncm(_: Reading, item: ReadItem) -> bool:
    return not item.product.get("NCM")


def bad_ncm(reading: Reading, item: ReadItem) -> bool:
    """A code that the shop's table does not hold; where it has no table, one that is not eight
    digits in a chapter of the nomenclature: 01 to 97, where 77 is empty."""
    if no_ncm(reading, item):
        return False
    ncm, table = item.product["NCM"], reading.book.ncm
    if table is not None and table.published <= reading.day:
        return not table.knows(ncm, reading.day)
    chapter = whole_number(ncm[:2]) or 0
    return len(ncm) != 8 or not 1 <= chapter <= 97 or chapter == 77


def bad_gtin(tag: str) -> Test:
    def test(_: Reading, item: ReadItem) -> bool:
        value = item.product.get(tag, "")
        return value not in ("", NO_GTIN) and not is_gtin(value)

    return each_item(test)


def wrong_value(quantity: str, price: str) -> Test:
    def test(reading: Reading, item: ReadItem) -> bool:
        if reading.identification.get("finNFe") != "1":
            return False
        product = item.product
        exact = cents(decimal(product, quantity) * decimal(product, price))
        return abs(exact - decimal(product, "vProd")) > CENT

    return each_item(test)


def cfop_of_state(reading: Reading, item: ReadItem) -> bool:
    """523: the goods stay in the state, and the CFOP is one of between states; a shop's own other
    house may be meant."""
    same = reading.issuer.get("UF") == reading.goods_to.get("UF")
    own = reading.issuer.get("CNPJ") == reading.recipient.get("CNPJ")
    return same and not own and item.product.get("CFOP", "")[:1] in ("2", "6")


def states_differ(reading: Reading) -> Failures:
    """773; a consumer may come to the shop from another state."""
    ide = reading.identification
    differ = reading.issuer.get("UF") != reading.goods_to.get("UF")
    here = ide.get("idDest") == "1" and ide.get("indFinal") != "1"
    return failing(here and differ)


def cst_of_other_regime(reading: Reading, item: ReadItem) -> bool:
    return reading.issuer.get("CRT") in SIMPLES and "CST" in item.taxes.get("ICMS", {})


def csosn_of_other_regime(reading: Reading, item: ReadItem) -> bool:
    return reading.issuer.get("CRT") not in SIMPLES and "CSOSN" in item.taxes.get("ICMS", {})


def wrong_icms(_: Reading, item: ReadItem) -> bool:
    """Not of ICMS that is put off (CST 51): less is due than base times rate."""
    icms = item.taxes.get("ICMS", {})
    if "vICMS" not in icms or icms.get("CST") == "51":
        return False
    exact = decimal(icms, "vBC") * decimal(icms, "pICMS") / 100
    return abs(exact - decimal(icms, "vICMS")) > CENT


def wrong_note_total(reading: Reading) -> Failures:
    """610, rule W16-10; not of imports."""
    total, expected = decimal(reading.total, "vNF"), _added_up(reading)
    waived = decimal(reading.total, "vICMSDeson")
    right = total == expected and not waived
    if not right:
        imported = any(item.product.get("CFOP", "").startswith("3") for item in reading.items)
        right = imported or total in _with_choices(reading, expected, waived)
    agreed = reading.note is None or reading.note.total == total
    return failing(not right or not agreed, total=str(total), sum=str(expected))


def _added_up(reading: Reading) -> Decimal:
    """Goods, services, freight and what is added to them, less the discount."""
    added = sum([decimal(reading.total, tag) for tag in ADDED], ZERO)
    services = decimal(reading.totals.get("ISSQNtot", {}), "vServ")
    return added + services - decimal(reading.total, "vDesc")


def _with_choices(reading: Reading, expected: Decimal, waived: Decimal) -> tuple[Decimal, ...]:
    """What the total may be where items say what else is in it: PIS and COFINS of a substitute are
    added, ICMS that is waived comes off (`indDeduzDeson`). Before items could say that, it came off
    or not, at will."""
    for group, tag, chosen in ADDED_WHERE_CHOSEN:
        taxes = [item.taxes.get(group, {}) for item in reading.items]
        expected += sum([decimal(tax, tag) for tax in taxes if tax.get(chosen) == "1"], ZERO)
    icms = [item.taxes.get("ICMS", {}) for item in reading.items]
    told = [tax for tax in icms if "indDeduzDeson" in tax]
    if not told:
        return expected, expected - waived
    off = [decimal(tax, "vICMSDeson") for tax in told if tax["indDeduzDeson"] == "1"]
    return (expected - sum(off, ZERO),)


def wrong_version(reading: Reading) -> Failures:
    return failing(reading.version != VERSION)


def namespace_prefix(reading: Reading) -> Failures:
    # a prefix is declared on the root, on infNFe or on Signature by every writer known
    elements = (reading.document, *reading.document)
    return failing(any(prefix for element in elements for prefix in element.nsmap))


def wrong_key_digit(reading: Reading) -> Failures:
    key = reading.id[3:]
    return failing(len(key) != 44 or mod11(key[:43]) != key[43])


def wrong_written_digit(reading: Reading) -> Failures:
    body = reading.key_body
    return failing(len(body) != 43 or reading.identification.get("cDV") != mod11(body))


def wrong_id(reading: Reading) -> Failures:
    return failing(reading.id != f"NFe{reading.key_body}{reading.identification.get('cDV')}")


def buyer_name_loses(reading: Reading) -> Failures:
    name = reading.note.recipient.name if reading.note else ""
    return failing(loses(name), written=clean(name))


def product_name_loses(reading: Reading) -> Failures:
    items = reading.note.items if reading.note else ()
    written = {item.number: item.product.get("xProd", "") for item in reading.items}
    return [
        {"item": n, "sku": item.sku, "written": written.get(n, "")}
        for n, item in enumerate(items, 1)
        if loses(item.name, 120)
    ]


def _icms_code(item: ReadItem) -> str:
    icms = item.taxes.get("ICMS", {})
    return icms.get("CSOSN") or icms.get("CST", "")

"""What an NF-e adds to its month's account, read from the very document: its value and taxes by
CFOP, CST or CSOSN, and rate of ICMS."""

from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

from webapp.fiscal.reading import Leaves, Reading, ReadItem, decimal, leaves
from webapp.fiscal.xml import NAMESPACE
from webapp.platform.money import ZERO

# By the amount of a `TaxSum`: the groups of an item's taxes and their elements. IBS and CBS are
# told by `IBSCBS`, or those of Simples by `gTribSN`.
AMOUNTS: dict[str, tuple[tuple[str, str], ...]] = {
    "base": (("ICMS", "vBC"),),
    "icms": (("ICMS", "vICMS"),),
    "fcp": (("ICMS", "vFCP"),),
    "difal": (("ICMSUFDest", "vICMSUFDest"),),
    "fcp_there": (("ICMSUFDest", "vFCPUFDest"),),
    "pis": (("PIS", "vPIS"),),
    "cofins": (("COFINS", "vCOFINS"),),
    "ibs": (("IBSCBS", "vIBS"), ("gTribSN", "vIBSSN")),
    "cbs": (("IBSCBS", "vCBS"), ("gTribSN", "vCBSSN")),
}
_ADDED, _TAKEN_OFF = ("vProd", "vFrete", "vSeg", "vOutro"), ("vDesc",)
_OF_SIMPLES = f"{{{NAMESPACE}}}gTribSN"


@dataclass(slots=True)
class TaxSum:
    """Of an NF-e's items of one CFOP, CST or CSOSN and rate; `total` is their part of vNF."""

    cfop: str
    cst: str
    rate: Decimal
    total: Decimal = ZERO
    base: Decimal = ZERO
    icms: Decimal = ZERO
    fcp: Decimal = ZERO
    difal: Decimal = ZERO
    fcp_there: Decimal = ZERO
    pis: Decimal = ZERO
    cofins: Decimal = ZERO
    ibs: Decimal = ZERO
    cbs: Decimal = ZERO

    def add(self, product: Leaves, taxes: dict[str, Leaves]) -> None:
        self.total += sum((decimal(product, tag) for tag in _ADDED), ZERO)
        self.total -= sum((decimal(product, tag) for tag in _TAKEN_OFF), ZERO)
        for name, places in AMOUNTS.items():
            found = sum((decimal(taxes.get(group, {}), tag) for group, tag in places), ZERO)
            setattr(self, name, getattr(self, name) + found)


@dataclass(frozen=True, slots=True)
class NoteSums:
    """`month` is that of its issue by the clock of the issuer's state, like 2026-11; `state` is
    where the goods go."""

    month: str
    state: str
    sums: list[TaxSum]


def note_sums(document: bytes) -> NoteSums:
    """Of an `NFe` or `nfeProc`. The sums' totals are vNF to the cent: what no item tells of, such
    as a tax that is added to the note, stands with the first."""
    root = etree.fromstring(document)
    note = root if root.tag.endswith("}NFe") else root.find(f"{{{NAMESPACE}}}NFe")
    reading = Reading(root if note is None else note, None, None)
    found: dict[tuple[str, str, Decimal], TaxSum] = {}
    for item, simples in zip(reading.items, _of_simples(reading), strict=True):
        key = _key(item)
        found.setdefault(key, TaxSum(*key)).add(item.product, item.taxes | {"gTribSN": simples})
    sums = list(found.values())
    if sums:
        sums[0].total += decimal(reading.total, "vNF") - sum((one.total for one in sums), ZERO)
    return NoteSums(
        reading.identification.get("dhEmi", "")[:7], reading.goods_to.get("UF", ""), sums
    )


def _key(item: ReadItem) -> tuple[str, str, Decimal]:
    icms = item.taxes.get("ICMS", {})
    code = icms.get("CSOSN") or icms.get("CST", "")
    return item.product.get("CFOP", ""), code, decimal(icms, "pICMS").quantize(Decimal("0.01"))


def _of_simples(reading: Reading) -> list[Leaves]:
    """By item."""
    found = (det.find(_OF_SIMPLES) for det in reading.info.iterchildren(f"{{{NAMESPACE}}}det"))
    return [{} if group is None else leaves(group) for group in found]

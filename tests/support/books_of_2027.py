"""Tax books that know January 2027, with a schema package as that of Simples 2027 may be, made in
memory from the shipped one.

The names of the elements are those of NT 2026.005 and 2026.008 as others quote them; WHERE they
stand is invented, for the official package 010h could not be read. Writers must take the places
from the package.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache

from webapp.fiscal.calendar import BUILT_IN, P_CBS, P_CBS_SIMPLES, P_IBS_SIMPLES, Calendar, Term
from webapp.fiscal.schema import BUILT_IN as SHIPPED
from webapp.fiscal.schema import Package
from webapp.fiscal.tax_book import EXAMPLE_BOOK, TaxBook

_TYPES, _LAYOUT = "DFeTiposBasicos_v1.00.xsd", "leiauteNFe_v4.00.xsd"


def _element(name: str, kind: str, least: int = 0) -> str:
    return f'<xs:element name="{name}" type="{kind}" minOccurs="{least}"/>'


def _group(name: str, inside: str) -> str:
    return (
        f'<xs:element name="{name}" minOccurs="0"><xs:complexType><xs:sequence>{inside}'
        "</xs:sequence></xs:complexType></xs:element>"
    )


def _share(name: str) -> str:
    percent = _element(f"p{name}", "TDec_0302_04RTC", 1)
    return _group(f"g{name}", percent + _element(f"v{name}", "TDec1302RTC", 1))


# CBS before IBS, and the activity last: no writer of ours would have guessed that order.
SHARE = _group("gTribSN", _share("CBSSN") + _share("IBSSN")) + _element("cAtivSN", "xs:string")
TOTALS = _group("gTribSN", _element("vCBSSN", "TDec1302RTC") + _element("vIBSSN", "TDec1302RTC"))


NET = _element("vUnComLiq", "TDec_1110v") + _element("vProdLiq", "TDec_1302")
NET_TOTAL = _element("vProdLiqTot", "TDec_1302")


# Before the regime, where none would look for it.
CHOICE = (
    '<xs:element name="tpRegimeIBSCBS" minOccurs="0"><xs:simpleType>'
    '<xs:restriction base="xs:string"><xs:enumeration value="1"/><xs:enumeration value="2"/>'
    '<xs:enumeration value="3"/></xs:restriction></xs:simpleType></xs:element>'
)


def _package() -> Package:
    types, layout = SHIPPED.files[_TYPES].decode(), SHIPPED.files[_LAYOUT].decode()
    item = types.index("</xs:choice>", types.index('name="TTribNFe"')) + len("</xs:choice>")
    types = types[:item] + SHARE + types[item:]
    first = '<xs:element name="vBCIBSCBS"'
    total = types.index(first, types.index('name="TIBSCBSMonoTot"'))
    types = types[:total] + TOTALS + types[total:]
    code = layout.index('<xs:element name="cEANTrib"')
    layout = layout[:code] + NET + layout[code:]
    whole = layout.index('<xs:element name="vNFTot"')
    layout = layout[:whole] + NET_TOTAL + layout[whole:]
    regime = layout.index('<xs:element name="CRT"')
    layout = layout[:regime] + CHOICE + layout[regime:]
    files = {**SHIPPED.files, _TYPES: types.encode(), _LAYOUT: layout.encode()}
    return Package("like 010h", date(2026, 12, 14), files)


PACKAGE = _package()
TYPED = ((P_CBS, "8.80"), (P_IBS_SIMPLES, "0.50"), (P_CBS_SIMPLES, "1.20"))


@cache
def book(*typed: tuple[str, str], package: bool = True) -> TaxBook:
    """The example book with values typed for January 2027."""
    january = (date(2027, 1, 1), date(2027, 1, 31), "typed")
    terms = [Term(code, code, *january, Decimal(value)) for code, value in typed]
    packages = (SHIPPED, PACKAGE) if package else (SHIPPED,)
    return replace(EXAMPLE_BOOK, calendar=Calendar((*BUILT_IN, *terms)), packages=packages)


FULL = book(*TYPED)


def profiled(**changes) -> TaxBook:
    """The full book where goods have another profile, of the regime that its ICMS code is of."""
    regime = "normal" if len(changes.get("icms", "")) == 2 else "simples"
    base = next(p for p in FULL.profiles if (p.code, p.regime) == ("goods", regime))
    others = (p for p in FULL.profiles if p is not base)
    return replace(FULL, profiles=(*others, replace(base, **changes)))

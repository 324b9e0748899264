"""The tax groups of an item and the totals of the note, as sections of the document."""

from decimal import Decimal

from webapp.fiscal.note import Note
from webapp.fiscal.taxes import COFINS_RATE, PIS_RATE, Taxes
from webapp.fiscal.xml import Section, amount, rate
from webapp.platform.money import ZERO

NOTHING = "0.00"


def item_taxes(tax: Taxes, origin: str) -> Section:
    """The children of `imposto`."""
    return {
        "ICMS": _icms(tax, origin),
        "PIS": _contribution("PIS", tax, tax.pis, PIS_RATE),
        "COFINS": _contribution("COFINS", tax, tax.cofins, COFINS_RATE),
        "ICMSUFDest": _difal(tax),
        "IBSCBS": _ibs_cbs(tax) if tax.ibs_cbs_written else None,
    }


def _icms(tax: Taxes, origin: str) -> Section:
    code = tax.profile.icms
    if len(code) == 3:
        return {"ICMSSN102": {"orig": origin, "CSOSN": code}}
    if code == "00":
        return {
            "ICMS00": {
                "orig": origin,
                "CST": code,
                "modBC": "3",
                "vBC": amount(tax.base),
                "pICMS": rate(tax.icms_rate),
                "vICMS": amount(tax.icms),
            }
        }
    return {"ICMS40": {"orig": origin, "CST": code}}


def _contribution(name: str, tax: Taxes, value: Decimal, percentage: Decimal) -> Section:
    code = tax.profile.pis_cofins
    if code == "01":
        return {
            f"{name}Aliq": {
                "CST": code,
                "vBC": amount(tax.pis_base),
                f"p{name}": rate(percentage),
                f"v{name}": amount(value),
            }
        }
    if code == "49":
        return {
            f"{name}Outr": {"CST": code, "vBC": NOTHING, f"p{name}": NOTHING, f"v{name}": NOTHING}
        }
    return {f"{name}NT": {"CST": code}}


def _difal(tax: Taxes) -> Section | None:
    if tax.difal_rate is None:
        return None
    return {
        "vBCUFDest": amount(tax.base),
        "pICMSUFDest": rate(tax.difal_rate),
        "pICMSInter": amount(tax.icms_rate),
        "pICMSInterPart": "100.0000",
        "vICMSUFDest": amount(tax.difal),
        "vICMSUFRemet": NOTHING,
    }


def _ibs_cbs(tax: Taxes) -> Section:
    group = None
    if tax.ibs_cbs_rates:
        rates = tax.ibs_cbs_rates
        group = {
            "vBC": amount(tax.ibs_cbs_base),
            "gIBSUF": {"pIBSUF": rate(rates.ibs_state), "vIBSUF": amount(tax.ibs_state)},
            "gIBSMun": {"pIBSMun": rate(rates.ibs_city), "vIBSMun": amount(tax.ibs_city)},
            "vIBS": amount(tax.ibs_state + tax.ibs_city),
            "gCBS": {"pCBS": rate(rates.cbs), "vCBS": amount(tax.cbs)},
        }
    return {
        "CST": tax.profile.ibs_cbs,
        "cClassTrib": tax.profile.ibs_cbs_class,
        "gIBSCBS": group,
    }


def tax_totals(note: Note, taxes: list[Taxes], with_ibs_cbs: bool) -> Section:
    """The children of `total`. IBS and CBS stay out of `vNF` in 2026 (NT 2025.002)."""
    has_difal = any(tax.difal_rate is not None for tax in taxes)
    return {
        "ICMSTot": {
            "vBC": _sum(taxes, "base"),
            "vICMS": _sum(taxes, "icms"),
            "vICMSDeson": NOTHING,
            "vICMSUFDest": _sum(taxes, "difal") if has_difal else None,
            "vICMSUFRemet": NOTHING if has_difal else None,
            "vFCP": NOTHING,
            "vBCST": NOTHING,
            "vST": NOTHING,
            "vFCPST": NOTHING,
            "vFCPSTRet": NOTHING,
            "vProd": amount(note.goods),
            "vFrete": amount(note.freight),
            "vSeg": NOTHING,
            "vDesc": amount(note.discount),
            "vII": NOTHING,
            "vIPI": NOTHING,
            "vIPIDevol": NOTHING,
            "vPIS": _sum(taxes, "pis"),
            "vCOFINS": _sum(taxes, "cofins"),
            "vOutro": NOTHING,
            "vNF": amount(note.total),
        },
        "IBSCBSTot": _ibs_cbs_totals(taxes) if with_ibs_cbs else None,
        "vNFTot": amount(note.total) if with_ibs_cbs else None,
    }


def _ibs_cbs_totals(taxes: list[Taxes]) -> Section:
    nothing = {"vDif": NOTHING, "vDevTrib": NOTHING}
    credits = {"vCredPres": NOTHING, "vCredPresCondSus": NOTHING}
    ibs = sum((tax.ibs_state + tax.ibs_city for tax in taxes), ZERO)
    return {
        "vBCIBSCBS": _sum(taxes, "ibs_cbs_base"),
        "gIBS": {
            "gIBSUF": {**nothing, "vIBSUF": _sum(taxes, "ibs_state")},
            "gIBSMun": {**nothing, "vIBSMun": _sum(taxes, "ibs_city")},
            "vIBS": amount(ibs),
            **credits,
        },
        "gCBS": {**nothing, "vCBS": _sum(taxes, "cbs"), **credits},
    }


def _sum(taxes: list[Taxes], name: str) -> str:
    return amount(sum((getattr(tax, name) for tax in taxes), ZERO))

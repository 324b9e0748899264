"""The tax groups of an item and the totals of the note, as sections of the document."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from webapp.fiscal.note import Note
from webapp.fiscal.taxes import Contributions, Difal, IbsCbs, SimplesShare, Taxes, reduced
from webapp.fiscal.xml import Section, amount, rate
from webapp.platform.money import ZERO

NOTHING, WHOLE = "0.00", "100.0000"


def item_taxes(tax: Taxes, origin: str) -> Section:
    """The children of `imposto`."""
    paid = tax.contributions
    return {
        "ICMS": _icms(tax, origin),
        "PIS": _contribution("PIS", paid, paid.pis_rate, paid.pis),
        "COFINS": _contribution("COFINS", paid, paid.cofins_rate, paid.cofins),
        "ICMSUFDest": _difal(tax.difal, tax.icms.rate) if tax.difal else None,
        "IBSCBS": _ibs_cbs(tax) if tax.ibs_cbs_written else None,
    }


def _icms(tax: Taxes, origin: str) -> Section:
    """ICMS that others paid before (60, 500) or that is given up (40, 41) is told by the code
    alone: the reason and the amount are asked for by no state of every shop."""
    code = tax.icms_code
    if len(code) == 3:
        return _csosn(tax, origin)
    if code not in ("00", "20"):
        return {f"ICMS{'60' if code == '60' else '40'}": {"orig": origin, "CST": code}}
    icms, with_fund = tax.icms, bool(tax.icms.fcp_rate)
    return {
        f"ICMS{code}": {
            "orig": origin,
            "CST": code,
            "modBC": "3",
            "pRedBC": rate(tax.profile.reduction) if code == "20" else None,
            "vBC": amount(icms.base),
            "pICMS": rate(icms.rate),
            "vICMS": amount(icms.value),
            "vBCFCP": amount(icms.base) if with_fund and code == "20" else None,
            "pFCP": rate(icms.fcp_rate) if with_fund else None,
            "vFCP": amount(icms.fcp) if with_fund else None,
        }
    }


def _csosn(tax: Taxes, origin: str) -> Section:
    code, credit = tax.icms_code, tax.icms.credit
    group = code if code in ("101", "500", "900") else "102"
    return {
        f"ICMSSN{group}": {
            "orig": origin,
            "CSOSN": code,
            "pCredSN": rate(tax.profile.credit_rate) if credit else None,
            "vCredICMSSN": amount(credit) if credit else None,
        }
    }


def _contribution(name: str, paid: Contributions, percentage: Decimal, value: Decimal) -> Section:
    code = paid.cst
    if code == "01":
        return {
            f"{name}Aliq": {
                "CST": code,
                "vBC": amount(paid.base),
                f"p{name}": rate(percentage),
                f"v{name}": amount(value),
            }
        }
    if code in ("49", "99"):
        return {
            f"{name}Outr": {"CST": code, "vBC": NOTHING, f"p{name}": NOTHING, f"v{name}": NOTHING}
        }
    return {f"{name}NT": {"CST": code}}


def _difal(difal: Difal, inter_rate: Decimal) -> Section:
    with_fund = bool(difal.fcp_rate)
    return {
        "vBCUFDest": amount(difal.base),
        "vBCFCPUFDest": amount(difal.base) if with_fund else None,
        "pFCPUFDest": rate(difal.fcp_rate) if with_fund else None,
        "pICMSUFDest": rate(difal.rate),
        "pICMSInter": amount(inter_rate),
        "pICMSInterPart": WHOLE,
        "vFCPUFDest": amount(difal.fcp) if with_fund else None,
        "vICMSUFDest": amount(difal.value),
        "vICMSUFRemet": NOTHING,
    }


def _ibs_cbs(tax: Taxes) -> Section:
    return {
        "CST": tax.profile.ibs_cbs,
        "cClassTrib": tax.profile.ibs_cbs_class,
        "gIBSCBS": _values(tax.ibs_cbs) if tax.ibs_cbs else None,
    }


def _values(found: IbsCbs) -> Section:
    return {
        "vBC": amount(found.base),
        "gIBSUF": _charged("IBSUF", found.state_rate, found.state, found.reduction),
        "gIBSMun": _charged("IBSMun", found.city_rate, found.city, found.reduction),
        "vIBS": amount(found.state + found.city),
        "gCBS": _charged("CBS", found.cbs_rate, found.cbs, found.reduction),
    }


def _charged(name: str, percentage: Decimal, value: Decimal, reduction: Decimal) -> Section:
    lowered = None
    if reduction:
        charged = reduced(percentage, reduction)
        lowered = {"pRedAliq": rate(reduction), "pAliqEfet": rate(charged)}
    return {f"p{name}": rate(percentage), "gRed": lowered, f"v{name}": amount(value)}


def simples_share(share: SimplesShare) -> Section:
    """The children of an item's `gTribSN`."""
    ibs = None
    if share.ibs_rate is not None:
        ibs = {"pIBSSN": rate(share.ibs_rate), "vIBSSN": amount(share.ibs)}
    return {"gIBSSN": ibs, "gCBSSN": {"pCBSSN": rate(share.cbs_rate), "vCBSSN": amount(share.cbs)}}


def simples_totals(taxes: Sequence[Taxes]) -> Section:
    shares = [tax.simples for tax in taxes if tax.simples]
    return {
        "vIBSSN": _sum(share.ibs for share in shares),
        "vCBSSN": _sum(share.cbs for share in shares),
    }


def tax_totals(note: Note, taxes: Sequence[Taxes], with_ibs_cbs: bool) -> Section:
    """The children of `total`. IBS and CBS are not added to `vNF` (NT 2025.002, NT 2026.008)."""
    difals = [tax.difal for tax in taxes if tax.difal]
    return {
        "ICMSTot": {
            "vBC": _sum(tax.icms.base for tax in taxes),
            "vICMS": _sum(tax.icms.value for tax in taxes),
            "vICMSDeson": NOTHING,
            "vFCPUFDest": _sum(difal.fcp for difal in difals) if difals else None,
            "vICMSUFDest": _sum(difal.value for difal in difals) if difals else None,
            "vICMSUFRemet": NOTHING if difals else None,
            "vFCP": _sum(tax.icms.fcp for tax in taxes),
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
            "vPIS": _sum(tax.contributions.pis for tax in taxes),
            "vCOFINS": _sum(tax.contributions.cofins for tax in taxes),
            "vOutro": NOTHING,
            "vNF": amount(note.total),
        },
        "IBSCBSTot": _ibs_cbs_totals(taxes) if with_ibs_cbs else None,
        "vNFTot": amount(note.total) if with_ibs_cbs else None,
    }


def tax_remarks(taxes: Sequence[Taxes]) -> list[str]:
    """What the law or most states want told in words: the destination's part (agreement 236/2021)
    and the credit of Simples (LC 123/2006, art. 23)."""
    told = []
    if difals := [tax.difal for tax in taxes if tax.difal]:
        parts, funds = _sum(one.value for one in difals), _sum(one.fcp for one in difals)
        told.append(f"ICMS da UF de destino R$ {_in_words(parts)}, FCP R$ {_in_words(funds)}")
    credits: dict[Decimal, list[Decimal]] = {}
    for tax in taxes:
        if tax.icms.credit:
            credits.setdefault(tax.profile.credit_rate, []).append(tax.icms.credit)
    for percent, values in credits.items():
        value = _in_words(_sum(values))
        told.append(
            f"PERMITE O APROVEITAMENTO DO CREDITO DE ICMS NO VALOR DE R$ {value}, CORRESPONDENTE A "
            f"ALIQUOTA DE {_in_words(amount(percent))}%, NOS TERMOS DO ART. 23 DA LC 123/2006"
        )
    return told


def _in_words(value: str) -> str:
    return value.replace(".", ",")


def _ibs_cbs_totals(taxes: Sequence[Taxes]) -> Section:
    nothing = {"vDif": NOTHING, "vDevTrib": NOTHING}
    credits = {"vCredPres": NOTHING, "vCredPresCondSus": NOTHING}
    found = [tax.ibs_cbs for tax in taxes if tax.ibs_cbs]
    return {
        "vBCIBSCBS": _sum(one.base for one in found),
        "gIBS": {
            "gIBSUF": {**nothing, "vIBSUF": _sum(one.state for one in found)},
            "gIBSMun": {**nothing, "vIBSMun": _sum(one.city for one in found)},
            "vIBS": _sum(one.state + one.city for one in found),
            **credits,
        },
        "gCBS": {**nothing, "vCBS": _sum(one.cbs for one in found), **credits},
    }


def _sum(values: Iterable[Decimal]) -> str:
    return amount(sum(values, ZERO))

"""Why an item of an NF-e is taxed as it is, in one sentence: which version of which profile, by
what it was chosen, and what the CFOP and the rates follow from."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.fiscal.reading import Leaves, ReadItem, decimal
from webapp.http.formatting import fine_percent_text, percent_text
from webapp.invoices.taken_profiles import TakenProfile
from webapp.platform.money import ZERO
from webapp.taxation.words import KINDS

# What each CFOP that a profile leads to is for.
CFOPS = {
    "1201": _l("return of a sale of own make within the state"),
    "1202": _l("return of a resale within the state"),
    "1411": _l("return of a resale within the state, ICMS-ST paid before"),
    "1949": _l("other goods that come in within the state"),
    "2201": _l("return of a sale of own make to another state"),
    "2202": _l("return of a resale to another state"),
    "2411": _l("return of a resale to another state, ICMS-ST paid before"),
    "2949": _l("other goods that come in from another state"),
    "5101": _l("sale of own make within the state"),
    "5102": _l("resale within the state"),
    "5405": _l("resale within the state, ICMS-ST paid before"),
    "5910": _l("gift within the state"),
    "5949": _l("other goods sent within the state"),
    "6101": _l("sale of own make to another state"),
    "6102": _l("resale to another state"),
    "6107": _l("sale of own make to a consumer in another state"),
    "6108": _l("resale to a consumer in another state"),
    "6404": _l("resale to another state, ICMS-ST paid before"),
    "6910": _l("gift to another state"),
    "6949": _l("other goods sent to another state"),
    "7101": _l("sale of own make abroad"),
    "7102": _l("resale abroad"),
    "7949": _l("other goods sent abroad"),
}


def tax_sentence(item: ReadItem, taken: TakenProfile, origin: str, target: str) -> str:
    """`origin` and `target` are the states from and to which the goods go."""
    if taken["version"] is None:
        return _(
            "No version of the tax profile “%(code)s” is in force (%(why)s).",
            code=taken["code"],
            why=_why(taken),
        )
    icms = item.taxes.get("ICMS", {})
    cfop = item.product.get("CFOP", "")
    parts = [
        _("CFOP %(code)s (%(words)s)", code=cfop, words=CFOPS[cfop]) if cfop in CFOPS else cfop,
        f"CSOSN {icms['CSOSN']}" if "CSOSN" in icms else f"CST {icms.get('CST', '')}",
        *_rates(item.taxes, origin, target),
    ]
    return _(
        "By the tax profile “%(name)s”, version %(version)s%(mark)s, %(why)s: %(parts)s.",
        name=taken["name"],
        version=taken["version"],
        mark="" if taken["signed_off"] else " " + _("(not signed off)"),
        why=_why(taken),
        parts=", ".join(parts),
    )


def _why(taken: TakenProfile) -> str:
    of = taken["of"]
    if taken["by"] == "product":
        return _("the product's own")
    if taken["by"] == "category":
        return _("that of the category %(category)s", category=of)
    if taken["by"] == "gift":
        return _("the store's for gifts")
    if taken["by"] == "export":
        return _("the store's for sales abroad")
    return _("the store's for %(kind)s", kind=str(KINDS.get(of, of)).lower())


def _rates(taxes: Mapping[str, Leaves], origin: str, target: str) -> list[str]:
    icms, difal = taxes.get("ICMS", {}), taxes.get("ICMSUFDest", {})
    found = []
    if "pICMS" in icms:
        rate = percent_text(decimal(icms, "pICMS"))
        found.append(
            _("ICMS %(rate)s within %(state)s", rate=rate, state=origin)
            if origin == target
            else _(
                "ICMS %(rate)s from %(origin)s to %(target)s",
                rate=rate,
                origin=origin,
                target=target,
            )
        )
    if "pFCP" in icms:
        found.append(_("FCP %(rate)s", rate=percent_text(decimal(icms, "pFCP"))))
    if "pICMSUFDest" in difal:
        rate = percent_text(decimal(difal, "pICMSUFDest"))
        found.append(_("the difference up to the %(rate)s of %(state)s", rate=rate, state=target))
    if decimal(difal, "pFCPUFDest"):
        fund = percent_text(decimal(difal, "pFCPUFDest"))
        found.append(_("FCP %(rate)s of %(state)s", rate=fund, state=target))
    if "pCredSN" in icms:
        found.append(_("credit of %(percent)s", percent=percent_text(decimal(icms, "pCredSN"))))
    return [*found, *_federal_rates(taxes)]


def _federal_rates(taxes: Mapping[str, Leaves]) -> list[str]:
    """Those of the country's own taxes that the item bears, by their names."""
    named = (
        ("PIS", "PIS", ("pPIS",)),
        ("COFINS", "COFINS", ("pCOFINS",)),
        ("IBS", "IBSCBS", ("pIBSUF", "pIBSMun", "pIBSSN")),
        ("CBS", "IBSCBS", ("pCBS", "pCBSSN")),
    )
    found = []
    for name, group, tags in named:
        rate = sum((decimal(taxes.get(group, {}), tag) for tag in tags), ZERO)
        if rate:
            found.append(f"{name} {fine_percent_text(rate)}")
    return found

"""Which checks are asked together, and what must hold for that: most notes have no instalments, no
card and no odd code, and their checks need not be asked one by one. What is asked here may be too
careful, never too lax."""

from collections.abc import Callable
from functools import lru_cache

from webapp.fiscal.code_predicates import CREDIT, DIRECTION, REACH, is_return
from webapp.fiscal.digits import is_gtin, is_gtin_given_out
from webapp.fiscal.document import NO_GTIN
from webapp.fiscal.payments import CARDS, UNPAID
from webapp.fiscal.reading import Reading, decimal
from webapp.fiscal.signature import is_signed
from webapp.fiscal.tables import CFOPS, PAYMENT_METHODS, RETURNING_CFOPS

PLAIN_PAYMENTS = PAYMENT_METHODS - CARDS - UNPAID
PLAIN_PAYMENT = {"indPag", "tPag", "vPag"}
DIFAL_TOTALS = ("vICMSUFDest", "vICMSUFRemet", "vFCPUFDest")


@lru_cache(maxsize=4096)
def _gtins_fit(sold: str, taxed: str) -> bool:
    return sold == taxed and (sold == NO_GTIN or (is_gtin(sold) and is_gtin_given_out(sold)))


@lru_cache(maxsize=1024)
def _cfop_fits(cfop: str, direction: str, reach: str) -> bool:
    known = cfop in CFOPS and cfop not in RETURNING_CFOPS
    return known and DIRECTION[cfop[0]] == direction and REACH[cfop[0]] == reach


def odd_gtins(reading: Reading) -> bool:
    products = (item.product for item in reading.items)
    return not all(_gtins_fit(p.get("cEAN", ""), p.get("cEANTrib", "")) for p in products)


def odd_cfops(reading: Reading) -> bool:
    ide = reading.identification
    direction, reach = ide.get("tpNF", ""), ide.get("idDest", "")
    cfops = (item.product.get("CFOP", "") for item in reading.items)
    return not all(_cfop_fits(cfop, direction, reach) for cfop in cfops)


def odd_values(reading: Reading) -> bool:
    """Sold and taxed alike, at quantity times price, and not for less than nothing."""
    for item in reading.items:
        p = item.product
        if p.get("qCom") != p.get("qTrib") or p.get("vUnCom") != p.get("vUnTrib"):
            return True
        value = decimal(p, "vProd")
        if decimal(p, "qCom") * decimal(p, "vUnCom") != value or decimal(p, "vDesc") > value:
            return True
    return False


def odd_payments(reading: Reading) -> bool:
    return any(
        one.get("tPag") not in PLAIN_PAYMENTS or not one.keys() <= PLAIN_PAYMENT
        for one in reading.payments
    )


def has_bills(reading: Reading) -> bool:
    return bool(reading.bills or reading.invoice)


def has_carrier(reading: Reading) -> bool:
    return bool(reading.carrier)


def has_marketplace(reading: Reading) -> bool:
    told = reading.identification.get("indIntermed") == "1"
    return told or reading.intermediary is not None


def may_give_back(reading: Reading) -> bool:
    return is_return(reading) or reading.identification.get("finNFe") == CREDIT


def has_ibs_cbs(reading: Reading) -> bool:
    told = "IBSCBSTot" in reading.totals
    return told or any("IBSCBS" in item.taxes for item in reading.items)


def has_ibs_cbs_values(reading: Reading) -> bool:
    return any("vBC" in item.taxes.get("IBSCBS", ()) for item in reading.items)


def has_difal(reading: Reading) -> bool:
    told = any(tag in reading.total for tag in DIFAL_TOTALS)
    return told or any("ICMSUFDest" in item.taxes for item in reading.items)


def has_net_values(reading: Reading) -> bool:
    told = any("vProdLiqTot" in group for group in reading.totals.values())
    return told or any("vProdLiq" in item.product for item in reading.items)


def signed(reading: Reading) -> bool:
    return is_signed(reading.document)


# By the code of the check.
FAMILIES: dict[str, Callable[[Reading], bool]] = {
    code: only
    for only, codes in (
        (odd_gtins, "611 612 882 884 885 886"),
        (odd_cfops, "770 518 519 731 732 733 328"),
        (odd_values, "629 630 units 483"),
        (odd_payments, "391 392 436 437 443 657 904 961 963"),
        (has_bills, "797 850 851 852 853 898"),
        (has_carrier, "542 559"),
        (has_marketplace, "438 439 440"),
        (is_return, "321"),
        (may_give_back, "327"),
        (has_ibs_cbs, "1020 1022 1023 1024 1085 1091 1118 1119"),
        (has_ibs_cbs_values, "1021 1026 1036 1037 1041"),
        (has_difal, "693 697 798 799 800"),
        (has_net_values, "1279 1282 1283"),
        (signed, "297 reformatted"),
    )
    for code in codes.split()
}

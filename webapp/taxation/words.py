"""What the codes of a tax profile mean, as forms and pages say it."""

from flask_babel import lazy_gettext as _l

NATURES = {
    "resale": _l("Resale"),
    "own_make": _l("Sale of the shop's own make"),
    "st_paid": _l("Resale, ICMS-ST paid before"),
    "gift": _l("Gift"),
    "exchange": _l("Exchange or repair"),
}
CSOSN = {
    "101": _l("101: taxed, with credit for the buyer"),
    "102": _l("102: taxed, without credit"),
    "300": _l("300: immune"),
    "400": _l("400: not taxed"),
    "500": _l("500: ICMS-ST paid before"),
    "900": _l("900: others"),
}
ICMS_CST = {
    "00": _l("00: taxed in full"),
    "20": _l("20: taxed on a reduced base"),
    "40": _l("40: exempt"),
    "41": _l("41: not taxed"),
    "60": _l("60: ICMS-ST paid before"),
}
ICMS = {"simples": CSOSN, "normal": ICMS_CST}
REGIMES = {"simples": _l("Simples (CSOSN)"), "normal": _l("Normal regime (CST)")}
PIS_COFINS = {
    "01": _l("01: taxed at the basic rate"),
    "04": _l("04: taxed at one stage, resale at zero"),
    "06": _l("06: rate zero"),
    "07": _l("07: exempt"),
    "08": _l("08: no incidence"),
    "09": _l("09: suspended"),
    "49": _l("49: other outgoing operations"),
    "99": _l("99: other operations"),
}
IBS_CBS = {
    "000": _l("000: taxed in full"),
    "200": _l("200: reduced rate"),
    "410": _l("410: immune or no incidence"),
}
ORIGINS = {
    "0": _l("0: made in Brazil"),
    "1": _l("1: imported directly"),
    "2": _l("2: imported, bought in Brazil"),
    "3": _l("3: made in Brazil, over 40 % imported"),
    "4": _l("4: made in Brazil by a basic productive process"),
    "5": _l("5: made in Brazil, up to 40 % imported"),
    "6": _l("6: imported directly, no like in Brazil"),
    "7": _l("7: imported, bought in Brazil, no like there"),
    "8": _l("8: made in Brazil, over 70 % imported"),
}
KINDS = {
    "goods": _l("Goods"),
    "book": _l("Books"),
    "gift": _l("Gifts"),
    "export": _l("Sales abroad"),
}
STATES = {
    "example": (_l("Example"), "warn"),
    "unsigned": (_l("Not signed off"), "warn"),
    "waiting": (_l("Waits to be signed off"), "warn"),
    "signed_off": (_l("Signed off"), "good"),
}

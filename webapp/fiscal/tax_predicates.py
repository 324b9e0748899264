"""What the checks of taxes look for, as `predicates` does: ICMS and its CFOP, DIFAL, the benefit
code, IBS and CBS, and what holds a note until a value is typed."""

from decimal import Decimal

from webapp.fiscal.arranging import REGIME, chosen_by_code, regime_code
from webapp.fiscal.calendar import (
    ASKED,
    BENEFIT_CODE,
    IBS_CBS_OF_REGIME,
    P_CBS,
    P_IBS_CITY,
    P_IBS_STATE,
)
from webapp.fiscal.classes import CLASSES, KNOWN_CST, WITH_VALUES, WITHOUT_VALUES
from webapp.fiscal.note import Note
from webapp.fiscal.places import STATES, interstate_rate
from webapp.fiscal.predicates import CENT, Failures, Test, failing
from webapp.fiscal.reading import Leaves, Reading, ReadItem, decimal
from webapp.fiscal.taxes import (
    AT_ZERO,
    BY_LAW,
    MEI,
    OTHER_SIMPLES,
    OUTSIDE_REVENUE,
    SIMPLES,
    WITHOUT_CREDIT,
    Standing,
    owes_simples_share,
    reduced,
    standing,
)
from webapp.platform.money import ZERO, percent_of

# Rule N12a-90: with what CFOP a MEI's codes go.
MEI_CFOPS = {
    WITHOUT_CREDIT: {"5102", "6102"},
    OTHER_SIMPLES: {"1202", "1904", "2202", "2904", "5202", "5904", "6202", "6904"},
}
MEI_CODES = {"102", "300", "400", "900"}
CONSUMER_CODES = {"00", "20", "40", "41", "60"}
WITHOUT_DIFAL = {"40", "41", "50", "51", "60"}
NOT_IN_FULL = {"20", "40", "41"}
NOTHING: Leaves = {}


def _icms(item: ReadItem) -> Leaves:
    return item.taxes.get("ICMS", NOTHING)


def _ibs_cbs(item: ReadItem) -> Leaves:
    return item.taxes.get("IBSCBS", NOTHING)


def _crt(reading: Reading) -> str:
    return reading.issuer.get("CRT", "")


def _standing(reading: Reading) -> Standing:
    """That of the issuer; of a note of others as it says itself."""
    note, day = reading.note, reading.tax_day
    choice = note.issuer.ibs_cbs_choice(day) if note else chosen_by_code(reading.issuer.get(REGIME))
    return standing(_crt(reading), choice, reading.book.calendar.on(day))


# -- ICMS -----------------------------------------------------------------------------------------


def of_mei(reading: Reading) -> bool:
    return _crt(reading) == MEI


def to_consumer(reading: Reading) -> bool:
    return reading.recipient.get("indIEDest") == "9"


def wrong_mei_cfop(_: Reading, item: ReadItem) -> bool:
    allowed = MEI_CFOPS.get(_icms(item).get("CSOSN", ""))
    return allowed is not None and item.product.get("CFOP") not in allowed


def wrong_mei_code(_: Reading, item: ReadItem) -> bool:
    code = _icms(item).get("CSOSN", "")
    return bool(code) and code not in MEI_CODES


def wrong_consumer_code(_: Reading, item: ReadItem) -> bool:
    code = _icms(item).get("CST", "")
    return bool(code) and code not in CONSUMER_CODES


def to_consumer_elsewhere(reading: Reading) -> bool:
    ide = reading.identification
    return ide.get("idDest") == "2" and ide.get("indFinal") == "1" and to_consumer(reading)


def _owes_difal(item: ReadItem) -> bool:
    code = _icms(item).get("CST", "")
    return bool(code) and code not in WITHOUT_DIFAL


def difal_missing(_: Reading, item: ReadItem) -> bool:
    return "ICMSUFDest" not in item.taxes and _owes_difal(item)


def difal_unasked(reading: Reading, item: ReadItem) -> bool:
    return "ICMSUFDest" in item.taxes and not (to_consumer_elsewhere(reading) and _owes_difal(item))


def wrong_inter_rate(reading: Reading, item: ReadItem) -> bool:
    group, origin = item.taxes.get("ICMSUFDest"), reading.issuer.get("UF", "")
    target = reading.goods_to.get("UF", "")
    if group is None or origin not in STATES or target not in STATES:
        return False
    kind = interstate_rate(origin, target, _icms(item).get("orig", ""))
    expected = reading.book.calendar.value(kind, reading.tax_day)
    return expected is not None and decimal(group, "pICMSInter") != expected


def wants_benefit_code(reading: Reading) -> bool:
    term = BENEFIT_CODE.get(reading.issuer.get("UF", ""), "")
    return reading.book.calendar.in_force(term, reading.tax_day) is not None


def benefit_code_missing(_: Reading, item: ReadItem) -> bool:
    return _icms(item).get("CST") in NOT_IN_FULL and not item.product.get("cBenef")


# -- IBS and CBS ----------------------------------------------------------------------------------


def unknown_cst(_: Reading, item: ReadItem) -> bool:
    return "IBSCBS" in item.taxes and _ibs_cbs(item).get("CST", "") not in KNOWN_CST


def values_unasked(_: Reading, item: ReadItem) -> bool:
    group = _ibs_cbs(item)
    return "vBC" in group and group.get("CST") in WITHOUT_VALUES


def wants_values(reading: Reading) -> bool:
    """Not while a rate is unknown: the note is held for that."""
    values = _standing(reading).values
    if values == BY_LAW:
        return not _unknown_rates(reading)
    return values == AT_ZERO and reading.book.calendar.on(reading.tax_day).simples


def values_missing(_: Reading, item: ReadItem) -> bool:
    group = _ibs_cbs(item)
    return "vBC" not in group and group.get("CST") in WITH_VALUES


def is_our_own(reading: Reading) -> bool:
    return reading.note is not None


def unknown_class(_: Reading, item: ReadItem) -> bool:
    """Only of our own notes: the authority's table has more than the program can reckon."""
    code = _ibs_cbs(item).get("cClassTrib", "")
    return bool(code) and code not in CLASSES


def class_of_other_cst(_: Reading, item: ReadItem) -> bool:
    group = _ibs_cbs(item)
    return not group.get("cClassTrib", "").startswith(group.get("CST", ""))


def wrong_rate(tag: str) -> Test:
    """The rate of the law on that day; above the limit of Simples it may be zero."""

    def test(reading: Reading) -> Failures:
        known = reading.book.calendar.value(tag, reading.tax_day)
        if known is None:
            return []
        allowed = (known, ZERO) if _standing(reading).values == AT_ZERO else (known,)
        return [
            item.params
            for item in reading.items
            if tag in (group := _ibs_cbs(item)) and decimal(group, tag) not in allowed
        ]

    return test


def wrong_state_value(_: Reading, item: ReadItem) -> bool:
    """Within a cent; a deferred one is reckoned otherwise."""
    group = _ibs_cbs(item)
    if "vIBSUF" not in group or "pDif" in group:
        return False
    charged = reduced(decimal(group, "pIBSUF"), decimal(group, "pRedAliq"))
    exact = percent_of(decimal(group, "vBC"), charged)
    return abs(exact - decimal(group, "vIBSUF")) > CENT


def wants_ibs_cbs(reading: Reading) -> bool:
    code = IBS_CBS_OF_REGIME.get(_crt(reading), "")
    return reading.book.calendar.in_force(code, reading.tax_day) is not None


def ibs_cbs_missing(_: Reading, item: ReadItem) -> bool:
    return "IBSCBS" not in item.taxes


def totals_unasked(reading: Reading) -> Failures:
    written = any("IBSCBS" in item.taxes for item in reading.items)
    return failing("IBSCBSTot" in reading.totals and not written)


def totals_missing(reading: Reading) -> Failures:
    written = any("IBSCBS" in item.taxes for item in reading.items)
    return failing("IBSCBSTot" not in reading.totals and written)


def ibs_cbs_total_differs(tag: str, label: str) -> Test:
    def test(reading: Reading) -> Failures:
        total = reading.totals.get("IBSCBSTot")
        if total is None:
            return []
        groups = [_ibs_cbs(item) for item in reading.items]
        summed = sum((decimal(group, tag) for group in groups), ZERO)
        written = decimal(total, tag)
        return failing(written != summed, label=label, total=str(written), sum=str(summed))

    return test


def wrong_whole_total(reading: Reading) -> Failures:
    """1094: what the note comes to, against its items."""
    written = reading.totals.get("vNFTot")
    if written is None:
        return []
    total, summed = decimal(written, "vNFTot"), sum([item.value for item in reading.items], ZERO)
    return failing(total != summed, total=str(total), sum=str(summed))


def tells_activities(reading: Reading) -> bool:
    return reading.book.calendar.on(reading.tax_day).simples


def revenue_called_none(_: Reading, item: ReadItem) -> bool:
    known = CLASSES.get(_ibs_cbs(item).get("cClassTrib", ""))
    said = (leaves.get("cAtivSN") for leaves in (item.product, *item.taxes.values()))
    return known is not None and known.revenue != "0" and OUTSIDE_REVENUE in said


# -- the net value (NT 2026.008) ------------------------------------------------------------------


def wrong_net_value(_: Reading, item: ReadItem) -> bool:
    product = item.product
    if "vProdLiq" not in product:
        return False
    exact = decimal(product, "vUnComLiq") * decimal(product, "qCom")
    return abs(exact - decimal(product, "vProdLiq")) > CENT


def _net_total(reading: Reading) -> Decimal | None:
    found = next((group for group in reading.totals.values() if "vProdLiqTot" in group), None)
    return decimal(found, "vProdLiqTot") if found else None


def net_total_missing(reading: Reading) -> Failures:
    written = any("vProdLiq" in item.product for item in reading.items)
    return failing(written and _net_total(reading) is None)


def wrong_net_total(reading: Reading) -> Failures:
    total = _net_total(reading)
    if total is None:
        return []
    nets = (decimal(item.product, "vProdLiq") for item in reading.items)
    summed = sum(nets, ZERO)
    return failing(total != summed, total=str(total), sum=str(summed))


# -- what holds a note ----------------------------------------------------------------------------


def _assessed(reading: Reading) -> Note | None:
    """The note whose taxes were assessed for this day: a return's are those of the note that it
    takes back, and wait for nothing."""
    note = reading.note
    return None if note is None or note.is_return else note


def profile_unknown(reading: Reading) -> Failures:
    """The item's profile says nothing of the shop's regime."""
    note, book, day = _assessed(reading), reading.book, reading.day
    if note is None:
        return []
    return [
        {"item": n, "sku": item.sku, "profile": book.choice_of(note, item)[1]}
        for n, item in enumerate(note.items, 1)
        if book.profile_of(note, item, day) is None
    ]


def state_rate_unknown(reading: Reading) -> Failures:
    note = _assessed(reading)
    if note is None or note.issuer.crt in SIMPLES or note.goods_to.is_foreign:
        return []
    state = note.goods_to.state
    known = reading.book.state_rates(state, reading.day)
    return failing(known is None and state in STATES, state=state)


def rate_unknown(reading: Reading) -> Failures:
    """Asked for once for each rate that the note's own taxes need."""
    if _assessed(reading) is None:
        return []
    return [
        {"label": ASKED[code], "value": code, "day": reading.day.isoformat()}
        for code in (*_unknown_rates(reading), *_unknown_shares(reading))
    ]


def _unknown_rates(reading: Reading) -> list[str]:
    wanted = _standing(reading).values == BY_LAW and any(
        _ibs_cbs(item).get("CST") in WITH_VALUES for item in reading.items
    )
    return _unknown(reading, (P_IBS_STATE, P_IBS_CITY, P_CBS)) if wanted else []


def _unknown_shares(reading: Reading) -> list[str]:
    return _unknown(reading, _standing(reading).share) if _owe_share(reading) else []


def _unknown(reading: Reading, codes: tuple[str, ...]) -> list[str]:
    calendar, day = reading.book.calendar, reading.tax_day
    return [code for code in codes if calendar.value(code, day) is None]


def package_missing(reading: Reading) -> Failures:
    """The schema of that day does not know how Simples tells its IBS and CBS, or how the shop's
    choice is told."""
    if _assessed(reading) is None:
        return []
    package, choice = reading.book.package(reading.day), _standing(reading).choice
    unknown_share = _owe_share(reading) and not package.knows("gTribSN")
    return failing(
        unknown_share or bool(choice and not regime_code(choice, package)),
        package=package.name,
        day=reading.day.isoformat(),
    )


def _owe_share(reading: Reading) -> bool:
    own = _standing(reading)
    return any(
        owes_simples_share(own, _ibs_cbs(item).get("cClassTrib", "")) for item in reading.items
    )

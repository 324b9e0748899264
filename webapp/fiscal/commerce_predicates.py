"""What the checks of a sale's terms look for: its channel, payments, instalments and carriage. As
in `predicates`."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from webapp.fiscal.payments import BRAND_CODES, CARDS, UNPAID, WITH_INSTITUTION
from webapp.fiscal.predicates import Failures, Test, failing, is_cnpj
from webapp.fiscal.reading import Leaves, Reading, decimal
from webapp.platform.money import ZERO

REMOTE, WITHOUT_SITE = {"2", "3", "4", "9"}, {"0", "5"}
# finNFe of an adjustment and of a return, which nobody pays.
UNPAID_PURPOSES = {"3", "4"}
MOST_YEARS = 10


def each_payment(wrong: Callable[[Leaves], bool]) -> Test:
    """The check fails once for every payment for which `wrong` is true."""
    return lambda reading: [
        {"payment": number, "tpag": payment.get("tPag", "")}
        for number, payment in enumerate(reading.payments, 1)
        if wrong(payment)
    ]


def card_missing(payment: Leaves) -> bool:
    return payment.get("tPag") in CARDS and "tpIntegra" not in payment


def card_unasked(payment: Leaves) -> bool:
    return "tpIntegra" in payment and payment.get("tPag") not in WITH_INSTITUTION


def integrated_without_facts(payment: Leaves) -> bool:
    return payment.get("tpIntegra") == "1" and not (payment.get("CNPJ") and payment.get("cAut"))


def acquirer_cnpj(payment: Leaves) -> bool:
    return "CNPJ" in payment and not is_cnpj(payment["CNPJ"])


def payer_cnpj(payment: Leaves) -> bool:
    return "CNPJPag" in payment and not is_cnpj(payment["CNPJPag"])


def unknown_brand(payment: Leaves) -> bool:
    return "tBand" in payment and payment["tBand"] not in BRAND_CODES


def unpaid_with_amount(payment: Leaves) -> bool:
    return payment.get("tPag") in UNPAID and decimal(payment, "vPag") != 0


def paid_ahead(reading: Reading) -> Failures:
    issued = reading.day
    return [
        {"day": day.isoformat(), "payment": number}
        for number, payment in enumerate(reading.payments, 1)
        if (day := _day(payment, "dPag")) and day > issued
    ]


def paid_less(reading: Reading) -> Failures:
    """Not of what is not paid now, or not for money: a return, an adjustment."""
    paid, total = reading.paid, decimal(reading.total, "vNF")
    owes = reading.identification.get("finNFe") not in UNPAID_PURPOSES and not any(
        payment.get("tPag") in UNPAID for payment in reading.payments
    )
    return failing(owes and paid < total, paid=str(paid), total=str(total))


def paid_more(reading: Reading) -> Failures:
    paid, total = reading.paid, decimal(reading.total, "vNF")
    return failing(
        paid > max(total, ZERO) + decimal(reading.change, "vTroco"),
        paid=str(paid),
        total=str(total),
    )


def channel_missing(reading: Reading) -> Failures:
    remote = reading.identification.get("indPres") in REMOTE
    return failing(remote and "indIntermed" not in reading.identification)


def channel_unasked(reading: Reading) -> Failures:
    nobody_asks = reading.identification.get("indPres") in WITHOUT_SITE
    return failing(nobody_asks and "indIntermed" in reading.identification)


def marketplace_missing(reading: Reading) -> Failures:
    return failing(
        reading.identification.get("indIntermed") == "1" and reading.intermediary is None
    )


def marketplace_unasked(reading: Reading) -> Failures:
    return failing(
        reading.identification.get("indIntermed") != "1" and reading.intermediary is not None
    )


def marketplace_cnpj(reading: Reading) -> Failures:
    cnpj = (reading.intermediary or {}).get("CNPJ", "")
    return failing(reading.intermediary is not None and not is_cnpj(cnpj), cnpj=cnpj)


def not_final(reading: Reading) -> Failures:
    """696: who pays no ICMS buys for own use; abroad nobody asks."""
    outsider = reading.recipient.get("indIEDest") == "9" and not reading.is_foreign
    return failing(outsider and reading.identification.get("indFinal") == "0")


def bills_out_of_order(reading: Reading) -> Failures:
    days = [_day(bill, "dVenc") for bill in reading.bills]
    return failing(
        any(
            day is None or (before is not None and day < before)
            for before, day in zip([None, *days], days, strict=False)
        )
    )


def bills_differ(reading: Reading) -> Failures:
    owed = sum((decimal(bill, "vDup") for bill in reading.bills), Decimal(0))
    net = decimal(reading.invoice, "vLiq")
    return failing(
        bool(reading.bills) and "vLiq" in reading.invoice and owed != net,
        billed=str(owed),
        net=str(net),
    )


def bills_misnumbered(reading: Reading) -> Failures:
    numbers = [bill.get("nDup") for bill in reading.bills]
    return failing(numbers != [f"{number:03}" for number in range(1, len(numbers) + 1)])


def bills_of_paid_at_once(reading: Reading) -> Failures:
    """853: what is paid on the spot has no instalments."""
    if not reading.bills:
        return []
    at_once = reading.payments and all(each.get("indPag") == "0" for each in reading.payments)
    alone = len(reading.bills) == 1 and _day(reading.bills[0], "dVenc") == reading.day
    return failing(bool(at_once) or alone)


def bills_overdue(reading: Reading) -> Failures:
    return _bills_due(reading, lambda day, issued: day < issued)


def bills_far_ahead(reading: Reading) -> Failures:
    return _bills_due(
        reading,
        lambda day, issued: (
            (day.year - MOST_YEARS, day.month, day.day) > (issued.year, issued.month, issued.day)
        ),
    )


def _bills_due(reading: Reading, wrong: Callable[[date, date], bool]) -> Failures:
    issued = reading.day
    return [
        {"number": number, "day": day.isoformat()}
        for number, bill in enumerate(reading.bills, 1)
        if (day := _day(bill, "dVenc")) and wrong(day, issued)
    ]


def carrier_cnpj(reading: Reading) -> Failures:
    cnpj = reading.carrier.get("CNPJ", "")
    return failing(bool(cnpj) and not is_cnpj(cnpj), cnpj=cnpj)


def carrier_state_missing(reading: Reading) -> Failures:
    return failing("IE" in reading.carrier and not reading.carrier.get("UF"))


def _day(group: Leaves, tag: str) -> date | None:
    """None where there is none, or what stands there is no day: that is the schema's to say."""
    try:
        return date.fromisoformat(group[tag])
    except (KeyError, ValueError):
        return None

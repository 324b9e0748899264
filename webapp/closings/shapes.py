"""The shapes of a closing in answers."""

from typing import Annotated

from pydantic import Field

from webapp.http.answers import Moment, MoneyText, OutShape, PercentText, SignedMoneyText

MonthText = Annotated[str, Field(pattern=r"^\d{4}-\d{2}$", examples=["2026-11"])]


class ClosedAmountsOut(OutShape):
    """`difal` and `fcp_there` are the destination's; `fcp` the issuer's own state's."""

    total: SignedMoneyText
    base: SignedMoneyText
    icms: SignedMoneyText
    fcp: SignedMoneyText
    difal: SignedMoneyText
    fcp_there: SignedMoneyText
    pis: SignedMoneyText
    cofins: SignedMoneyText
    ibs: SignedMoneyText
    cbs: SignedMoneyText


class ClosedSumOut(ClosedAmountsOut):
    """`cst` is the CST or CSOSN of ICMS, `rate` its percentage."""

    cfop: str
    cst: str
    rate: PercentText


class ClosedStateOut(OutShape):
    state: str
    difal: SignedMoneyText
    fcp: SignedMoneyText


class NumberRangeOut(OutShape):
    first: int
    last: int


class ClosedSeriesOut(OutShape):
    """Of the numbers from `first` to `last`: how many are in each state (`kept` by an NF-e that is
    being fixed), and those that became nothing yet."""

    series: int
    first: int
    last: int
    authorized: int
    cancelled: int
    voided: int
    spare: int
    sending: int
    elsewhere: int
    kept: int
    gaps: list[NumberRangeOut]


class ClosedServicesOut(OutShape):
    kind: str
    count: int
    total: MoneyText


class ChangedFigureOut(OutShape):
    name: str
    before: str
    now: str


class ClosingOut(OutShape):
    """`sums`, `sold` and `returned` are without cancelled NF-e; `nfse` are services paid in the
    month, owed under an NFS-e. `changed`: what differs since it was locked."""

    month: MonthText
    numbers: list[ClosedSeriesOut]
    sums: list[ClosedSumOut]
    sold: ClosedAmountsOut
    returned: ClosedAmountsOut
    states: list[ClosedStateOut]
    cancelled_total: MoneyText
    nfse: list[ClosedServicesOut]
    locked_at: Moment | None
    locked_by: str | None
    changed: list[ChangedFigureOut]

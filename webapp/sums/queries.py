"""What the paid orders of days come to: of the days that are kept as they are kept, of all others
(today's, and those whose money changed a moment ago) added up from the orders. So a figure is
right at any moment, whether or not anybody keeps days."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Numeric,
    Select,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)

from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.labels.queries import freight_paid
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.http.formatting import shop_day
from webapp.http.localization import time_zone
from webapp.payments.fees import Fee, fees_of
from webapp.platform.columns import Hundredths
from webapp.platform.database import db
from webapp.platform.money import ZERO
from webapp.sales.models import MoneyMark, Sale, SaleLine, Status
from webapp.sales.queries import given_back
from webapp.sums.models import TOP, By, DaySum

# Of each day so many products are known to have sold most; of those that were among them on some
# day of a range, so many are added up over all of it.
TOP_A_DAY, CANDIDATES = 20, 40
# Of so many orders what their payments cost is asked for.
AT_ONCE = 5000
NO_MONEY = literal(ZERO, Hundredths)


class DayFigures(NamedTuple):
    """`sold`: what buyers paid, their freight included; `refunded`: what of it was given back;
    `costs`: what the goods cost that were not given back, freight, commissions, royalties, and what
    the payments cost, as `margins.Margin` has them. Of a product neither freight nor payment."""

    orders: int = 0
    units: int = 0
    sold: Decimal = ZERO
    refunded: Decimal = ZERO
    costs: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return self.sold - self.refunded

    @property
    def margin(self) -> Decimal:
        return self.net - self.costs

    def plus(self, other: "DayFigures") -> "DayFigures":
        return DayFigures(
            self.orders + other.orders,
            self.units + other.units,
            self.sold + other.sold,
            self.refunded + other.refunded,
            self.costs + other.costs,
        )


# By day and by key of DaySum; a day without orders is not there.
Sums = dict[dt.date, dict[str, DayFigures]]
# Whether a key is one of those that are asked for.
Keys = Callable[[ColumnElement[str]], ColumnElement[bool]]


def total_of(figures: Iterable[DayFigures]) -> DayFigures:
    total = DayFigures()
    for each in figures:
        total = total.plus(each)
    return total


def midnight(day: dt.date) -> dt.datetime:
    """The moment at which a day begins in the shop's zone, in UTC."""
    return dt.datetime.combine(day, dt.time(), ZoneInfo(time_zone())).astimezone(dt.UTC)


def days_of(since: dt.date, until: dt.date) -> list[dt.date]:
    """Both counting."""
    return [since + dt.timedelta(days) for days in range((until - since).days + 1)]


def place_of(moment: Any, days: Sequence[dt.date]) -> ColumnElement[int]:
    """Which of these days, that follow each other, a moment of them falls on, counted from 0."""
    ends_of = [(moment < midnight(day), index) for index, day in enumerate(days[1:])]
    # A CASE without a condition is refused by every database, and many a month begins today.
    return case(*ends_of, else_=len(days) - 1) if ends_of else literal(0)


# -- from the orders -------------------------------------------------------------------------------


def plain_sums(
    by: By, days: Sequence[dt.date], with_costs: bool = True, among: Keys | None = None
) -> Sums:
    """Days that follow each other, added up from their orders in one statement, of some of the keys
    where these are told. Without costs, of channels and agents, no more is read than one index."""
    within = _is_paid_on(days)
    place = place_of(Sale.paid_at, days)
    found: Sums = {}
    parts = [part.where(within) for part in _parts(by, place.label("place"), with_costs)]
    if among is not None:
        parts = [part.where(among(part.selected_columns["key"])) for part in parts]
    rows = list(db.session.execute(union_all(*parts)))
    if with_costs and by is not By.PRODUCT:
        rows += _fees(_key_of(by), place.label("place"), within)
    for index, key, *told in rows:
        of_day, figures = found.setdefault(days[index], {}), _figures(*told)
        of_day[key] = of_day[key].plus(figures) if key in of_day else figures
    return found


def _is_paid_on(days: Sequence[dt.date]) -> ColumnElement[bool]:
    """Whether a sale counts for one of these days, which follow each other."""
    ends = midnight(days[-1] + dt.timedelta(1))
    is_paid_then = and_(Sale.paid_at >= midnight(days[0]), Sale.paid_at < ends)
    return is_paid_then & (Sale.status != Status.CANCELLED)


def _fees(key: Any, place: Any, within: Any) -> list[Any]:
    """What each payment cost, as columns of DayFigures beside a place and a key."""
    facts = (Sale.id, Sale.payment_method, Sale.total, Sale.invoice_details)
    paid: Any = db.session.execute(select(place, key.label("key"), *facts).where(within)).all()
    fees: dict[int, Fee] = {}
    for begin in range(0, len(paid), AT_ONCE):
        fees |= fees_of(paid[begin : begin + AT_ONCE])
    return [(row.place, row.key, 0, 0, ZERO, ZERO, fees[row.id].amount) for row in paid]


def _figures(orders: Any, units: Any, sold: Any, refunded: Any, costs: Any) -> DayFigures:
    """A sum of nothing is NULL, and one of whole numbers may come as a Decimal."""
    money = (value or ZERO for value in (sold, refunded, costs))
    return DayFigures(int(orders or 0), int(units or 0), *money)


def _parts(by: By, place: ColumnElement[int], with_costs: bool) -> list[Select[Any]]:
    """Each with a day's place, a key and the columns of DayFigures."""
    if by is By.PRODUCT:
        head = _part(
            place,
            SaleLine.sku,
            func.count(SaleLine.sale_id.distinct()),
            func.sum(SaleLine.quantity - SaleLine.refunded),
            func.sum(SaleLine.total),
            func.sum(given_back()),
            _cost_of_lines(),
        )
        earned = {Commission: Commission.sku, RoyaltySlip: RoyaltySlip.sku}
        return [head.join(SaleLine.sale), *_earnings(place, earned)]
    key = _key_of(by)
    # What a label cost is the freight that the shop pays.
    paid = func.coalesce(freight_paid(), Sale.freight)
    freight = func.sum(paid) if with_costs else NO_MONEY
    head = _part(
        place,
        key,
        func.count(),
        literal(0),
        func.sum(Sale.total),
        func.sum(Sale.refunded_amount),
        freight,
    )
    if not with_costs:
        return [head]
    units = func.sum(SaleLine.quantity - SaleLine.refunded)
    lines = _part(place, key, literal(0), units, NO_MONEY, NO_MONEY, _cost_of_lines())
    return [
        head,
        lines.join(SaleLine.sale),
        *_earnings(place, dict.fromkeys((Commission, RoyaltySlip), key)),
    ]


def _key_of(by: By) -> Any:
    """Of a sale."""
    keys: dict[By, Any] = {
        By.CHANNEL: Sale.channel,
        By.AGENT: func.coalesce(Sale.agent_code, ""),
    }
    return keys.get(by, literal(""))


def _part(place: Any, key: Any, *figures: Any) -> Select[Any]:
    named = zip(DayFigures._fields, figures, strict=True)
    columns = (figure.label(name) for name, figure in named)
    return select(place, key.label("key"), *columns).group_by("place", "key")


def _cost_of_lines() -> ColumnElement[Decimal]:
    """Of the units that were not given back, by what the product cost when it was sold; where that
    is not known, nothing."""
    written = cast(SaleLine.product["cost"].as_string(), Numeric(12, 2))
    cents = cast(func.round(written * 100), BigInteger)
    return type_coerce(func.sum(cents * (SaleLine.quantity - SaleLine.refunded)), Hundredths)


def _earnings(place: Any, keys: dict[Any, Any]) -> list[Select[Any]]:
    """What others earn of the orders, reversals taken off."""
    none = literal(0)
    return [
        _part(place, key, none, none, NO_MONEY, NO_MONEY, func.sum(model.amount)).join(model.sale)
        for model, key in keys.items()
    ]


# -- as they are kept ------------------------------------------------------------------------------


def marked_days(until: dt.date) -> set[dt.date | None]:
    """Those up to a day that are not to be gone by as they are kept; None among them: no day is."""
    early = MoneyMark.paid_at < midnight(until + dt.timedelta(1))
    marks = db.session.scalars(select(MoneyMark.paid_at).where(early | MoneyMark.paid_at.is_(None)))
    return {moment and shop_day(moment) for moment in marks}


def sums(
    by: By,
    since: dt.date,
    until: dt.date,
    with_costs: bool = True,
    known: Sums | None = None,
) -> Sums:
    """Of each day, both counting; of products those that sold most. `with_costs`: also of the days
    that are added up here. `known`: what `kept_sums` answered of these days and others, of products
    where it was asked of all orders."""
    known = kept_sums(by, since, until) if known is None else known
    kept = {day: known[day] for day in days_of(since, until) if day in known}
    runs = _runs(day for day in days_of(since, until) if day not in kept)
    if by is By.PRODUCT:
        return _of_products(runs, since, until, with_costs, kept)
    found: Sums = {}
    for run in runs:
        found |= plain_sums(by, run, with_costs)
    return {day: of_day for day, of_day in (found | kept).items() if of_day}


def _of_products(
    runs: list[list[dt.date]], since: dt.date, until: dt.date, with_costs: bool, kept: Sums
) -> Sums:
    """Of those that sold most on the days that are added up, and on those that are `kept`: all that
    a big shop sells on one day are thousands."""
    most_sold = _most_sold(runs)
    of_range = _kept_products(most_sold, since, until)
    skus = {sku for of_day in of_range.values() for sku in of_day}
    found = {day: of_day for day, of_day in of_range.items() if day in kept}

    def is_wanted(sku: ColumnElement[str]) -> ColumnElement[bool]:
        return or_(sku.in_(most_sold), sku.in_(skus))

    for run in runs:
        found |= plain_sums(By.PRODUCT, run, with_costs, is_wanted)
    return found


_COLUMNS = (
    DaySum.day,
    DaySum.by,
    DaySum.key,
    *(getattr(DaySum, name) for name in DayFigures._fields),
)


def kept_sums(by: By, since: dt.date, until: dt.date) -> Sums:
    """Every day that is kept, and what of it there is; of products nothing."""
    parts = (By.ALL,) if by is By.PRODUCT else {By.ALL, by}
    is_any_marked = exists(select(MoneyMark.id))
    query = select(is_any_marked, *_COLUMNS).where(DaySum.zone == time_zone())
    query = query.where(DaySum.by.in_(parts), DaySum.day.between(since, until))
    rows = db.session.execute(query).all()
    # Hardly ever is one, so that they are no question of their own.
    marked: set[dt.date | None] = marked_days(until) if rows and rows[0][0] else set()
    found: Sums = {}
    if None in marked:
        return found
    for _marked, day, part, key, *figures in rows:
        if day not in marked:
            of_day = found.setdefault(day, {})
            if part is by and figures[0]:
                of_day[key] = DayFigures(*figures)
    return found


def _kept_products(skus: Select[str], since: dt.date, until: dt.date) -> Sums:
    """Of these, and of those that sold most on the days on which they were among the first."""
    of_range = DaySum.by == By.PRODUCT, DaySum.day.between(since, until)
    first = select(DaySum.key).where(*of_range, TOP).group_by(DaySum.key)
    first = first.order_by(func.sum(DaySum.sold).desc(), DaySum.key).limit(CANDIDATES)
    wanted = union_all(select(first.subquery().c.key), skus)
    found: Sums = {}
    query = select(*_COLUMNS).where(*of_range, DaySum.key.in_(wanted))
    for day, _part, key, *figures in db.session.execute(query):
        found.setdefault(day, {})[key] = DayFigures(*figures)
    return found


def _most_sold(runs: Iterable[Sequence[dt.date]]) -> Select[str]:
    """SKUs of the products that sold most on all of these days together."""
    query = select(SaleLine.sku).join(SaleLine.sale).where(or_(false(), *map(_is_paid_on, runs)))
    query = query.group_by(SaleLine.sku).order_by(func.sum(SaleLine.total).desc(), SaleLine.sku)
    return select(query.limit(CANDIDATES).cte("most_sold").c.sku)


def _runs(days: Iterable[dt.date]) -> list[list[dt.date]]:
    """Days that follow each other, together."""
    runs: list[list[dt.date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == dt.timedelta(1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs

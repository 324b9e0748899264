"""A month's closing as JSON, and its files."""

from decimal import Decimal

from flask import Response
from flask_babel import lazy_gettext as _l

from webapp.closings.accounts import Account, Amounts, SeriesAccount, differences
from webapp.closings.files import closing_zip
from webapp.closings.queries import AMOUNTS, account_of, closing_of
from webapp.closings.shapes import ClosingOut
from webapp.http.query import month_from
from webapp.invoices.ledger import NumberState
from webapp.platform.money import ZERO
from webapp.web.api import Download, api_blueprint, endpoint

bp = api_blueprint("closings")
STATES = tuple(map(str, NumberState))
WRONG_MONTH = _l("The month is not written like 2026-11.")


def _month(written: str) -> str:
    """Raises WrongFilter."""
    return f"{month_from(written):%Y-%m}"


@endpoint(
    bp,
    "GET",
    "/closings/<month>",
    "manager",
    "accountant",
    answer=ClosingOut,
    refusals={422: WRONG_MONTH},
    summary=_l("A month's NF-e in figures: every number accounted for, sums, what is owed."),
)
def get_closing(month: str) -> dict[str, object]:
    month = _month(month)
    account, closing = account_of(month), closing_of(month)
    locked = closing if closing and closing.locked_at else None
    changed = differences(locked.figures, account.figures()) if locked else []
    return _account_json(account) | {
        "locked_at": locked.locked_at.isoformat() if locked and locked.locked_at else None,
        "locked_by": locked.locked_by if locked else None,
        "changed": [each._asdict() for each in changed],
    }


@endpoint(
    bp,
    "GET",
    "/closings/<month>.zip",
    "manager",
    "accountant",
    answer=Download("application/zip", _l("Notes, events, voidings, and tables that meet")),
    refusals={404: _l("Nothing was issued in this month."), 422: WRONG_MONTH},
    summary=_l(
        "The month's files: nfe/, eventos/, inutilizacoes/, notas.csv, resumo.csv and nfse.csv."
    ),
)
def get_closing_files(month: str) -> Response:
    return closing_zip(_month(month))


def _account_json(account: Account) -> dict[str, object]:
    return {
        "month": account.month,
        "numbers": [_series_json(series) for series in account.series],
        "sums": [
            {"cfop": row.cfop, "cst": row.cst, "rate": _text(row.rate)} | _amounts(row.amounts)
            for row in account.rows
        ],
        "sold": _amounts(account.sold),
        "returned": _amounts(account.returned),
        "states": [
            {"state": row.state, "difal": _text(row.difal), "fcp": _text(row.fcp)}
            for row in account.states
        ],
        "cancelled_total": _text(account.cancelled_total),
        "nfse": [
            {"kind": each.kind, "count": each.lines, "total": _text(each.total)}
            for each in account.services
        ],
    }


def _series_json(series: SeriesAccount) -> dict[str, object]:
    counts = {state: series.states.get(state, 0) for state in STATES}
    gaps = [{"first": first, "last": last} for first, last in series.gaps]
    return {
        "series": series.series,
        "first": series.first,
        "last": series.last,
        "gaps": gaps,
    } | counts


def _amounts(amounts: Amounts) -> dict[str, str]:
    return {name: _text(amounts.get(name, ZERO)) for name in AMOUNTS}


def _text(value: Decimal) -> str:
    return f"{value:.2f}"

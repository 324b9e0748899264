"""The series of NF-e under /api/v1: what became of their numbers, and voiding those left over."""

from flask import Response
from flask_babel import lazy_gettext as _l

from webapp.http.answers import list_of
from webapp.http.filters import ListQuery
from webapp.invoice_pages.downloads import voiding_file
from webapp.invoices.forms import NumbersQuery, VoidingIn
from webapp.invoices.ledger import LeftOver, left_over, numbers_between
from webapp.invoices.models import Voiding
from webapp.invoices.queries import voiding_by_id, voidings_of
from webapp.invoices.shapes import EverySeriesOut, NumbersOut, VoidingOut
from webapp.platform.database import db
from webapp.processing.number_voiding import void_numbers
from webapp.store.models import Series
from webapp.store.queries import every_series, series_numbered
from webapp.web.api import Download, api_blueprint, endpoint, list_answer

bp = api_blueprint("series")
NO_SERIES = _l("There is no such series.")
# So many of the last numbers are told where no range is asked for.
USUAL = 100


@endpoint(
    bp,
    "GET",
    "/series",
    "clerk",
    "accountant",
    answer=EverySeriesOut,
    summary=_l("The series of NF-e, each with the numbers that are to be voided."),
)
def list_series() -> dict[str, object]:
    every = every_series()
    left = left_over(every)
    return {
        "items": [
            {
                "number": series.number,
                "next_number": series.next_number,
                "left_over": [_left(each) for each in left if each.series == series.number],
            }
            for series in every
        ]
    }


def _left(left: LeftOver) -> dict[str, object]:
    return {
        "first": left.first,
        "last": left.last,
        "gap": left.is_gap,
        "since": left.since.isoformat(),
        "due": left.due.isoformat(),
    }


@endpoint(
    bp,
    "GET",
    "/series/<series_number>/numbers",
    "clerk",
    "accountant",
    query=NumbersQuery,
    answer=NumbersOut,
    refusals={404: NO_SERIES},
    summary=_l("What became of each number from `from` to `to`, a thousand at most."),
)
def list_numbers(asked: NumbersQuery, series_number: str) -> dict[str, object]:
    series = series_numbered(series_number)
    first, last = _range(asked, series)
    entries = numbers_between(series, first, last)
    return {
        "series": series.number,
        "next_number": series.next_number,
        "from": first,
        "to": entries[-1].number if entries else last,
        "items": [
            {
                "number": entry.number,
                "state": entry.state,
                "gap": entry.is_gap,
                "invoice_id": entry.invoice_id,
                "access_key": entry.access_key,
            }
            for entry in entries
        ],
    }


def _range(asked: NumbersQuery, series: Series) -> tuple[int, int]:
    reached = series.next_number - 1
    last = reached if asked.last is None else asked.last
    return max(1, last - USUAL + 1) if asked.first is None else asked.first, last


def voiding_json(voiding: Voiding) -> dict[str, object]:
    return {
        "id": voiding.id,
        "series": voiding.series,
        "first": voiding.first,
        "last": voiding.last,
        "status": voiding.status,
        "text": voiding.text,
        "code": voiding.code,
        "reason": voiding.reason,
        "protocol": voiding.protocol,
        "created_at": voiding.created_at.isoformat(),
        "received_at": voiding.received_at.isoformat() if voiding.received_at else None,
    }


@endpoint(
    bp,
    "GET",
    "/series/<series_number>/voidings",
    "clerk",
    "accountant",
    query=ListQuery,
    answer=list_of(VoidingOut),
    refusals={404: NO_SERIES},
    summary=_l("The voidings of a series, the newest first."),
)
def list_voidings(asked: ListQuery, series_number: str) -> dict[str, object]:
    query = voidings_of([series_numbered(series_number).number])
    return list_answer(asked, query, (Voiding.id,), voiding_json)


@endpoint(
    bp,
    "POST",
    "/series/<series_number>/voidings",
    "manager",
    body=VoidingIn,
    answer=VoidingOut,
    status=202,
    refusals={404: NO_SERIES, 409: _l("One of the numbers is not left over.")},
    summary=_l("Voids numbers that no NF-e has; said twice, they are voided once."),
)
def void_range(wanted: VoidingIn, series_number: str) -> dict[str, object]:
    series = series_numbered(series_number, lock=True)
    voiding = void_numbers(series, wanted.first, wanted.last, wanted.reason)
    db.session.flush()
    return voiding_json(voiding)


@endpoint(
    bp,
    "GET",
    "/voidings/<id:voiding_id>/xml",
    "clerk",
    "accountant",
    answer=Download("application/xml", _l("The ProcInutNFe")),
    refusals={
        404: _l("There is no such voiding."),
        409: _l("SEFAZ has not done it, or does not hand it out."),
    },
    summary=_l("A voiding with SEFAZ's answer, as it is stored."),
)
def get_voiding_xml(voiding_id: int) -> Response:
    return voiding_file(voiding_by_id(voiding_id))

"""The published tables of NCM and IBPT out of their files: read row by row, whole or not at all."""

import csv
import datetime as dt
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import IO, Any

from flask_babel import gettext as _

from webapp.fiscal.official_tables import IbptRates, Period

_DAY = re.compile(r"[0-9]{2}/[0-9]{2}/[0-9]{4}", re.ASCII)
_NCM = re.compile(r"[0-9]{8}", re.ASCII)
# Where the files write "until further notice".
_NO_END = 9999
_MOST_HEADINGS, _MOST_ROWS = 20, 200_000
NCM_COLUMNS = ("codigo", "datainicio", "datafim")
IBPT_RATES = ("nacionalfederal", "importadosfederal", "estadual", "municipal")
IBPT_COLUMNS = (
    "codigo",
    "ex",
    "tipo",
    *IBPT_RATES,
    "vigenciainicio",
    "vigenciafim",
    "versao",
    "fonte",
)
_MOST_PERCENT = Decimal(999)


class TableFault(Exception):
    """Why a file is not taken, in words."""


class NcmFile:
    """`periods` by code; `published` None where the file does not say when."""

    def __init__(self, sent: IO[bytes]) -> None:
        self.periods: dict[str, tuple[Period, ...]] = {}
        self.published: dt.date | None = None
        for row in self._rows(sent):
            code = re.sub(r"[.\s]", "", row["codigo"])
            if _NCM.fullmatch(code):
                end = _day(row["datafim"])
                period = (_day(row["datainicio"]), None if end.year == _NO_END else end)
                self.periods[code] = (*self.periods.get(code, ()), period)
        if not self.periods:
            raise TableFault(_("The file has no NCM of eight digits."))

    def _rows(self, sent: IO[bytes]) -> Iterator[dict[str, str]]:
        """Of the JSON that Siscomex publishes, or of the same table as CSV."""
        if sent.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
            yield from _csv_rows(sent, NCM_COLUMNS, "utf-8-sig")
            return
        sent.seek(0)
        try:
            data = json.loads(sent.read().decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise _unreadable() from None
        found = re.search(_DAY, str(data.get("Data_Ultima_Atualizacao_NCM", "")))
        self.published = _day(found[0]) if found else None
        rows = data.get("Nomenclaturas")
        for row in rows if isinstance(rows, list) else [None]:
            if not isinstance(row, dict):
                raise _missing("Nomenclaturas")
            yield _of_json(row)


class IbptFile:
    """One state's rates by NCM, the days between which they hold, and what they are called."""

    def __init__(self, sent: IO[bytes]) -> None:
        self.rates: dict[str, IbptRates] = {}
        terms = set()
        for row in _csv_rows(sent, IBPT_COLUMNS, "utf-8-sig", "cp1252"):
            # Goods, without the exceptions of the table of IPI; services are no business of ours.
            if row["tipo"].strip() != "0" or row["ex"].strip():
                continue
            code = row["codigo"].strip().zfill(8)
            if not _NCM.fullmatch(code):
                raise TableFault(_("“%(text)s” is no NCM.", text=code[:20]))
            self.rates[code] = IbptRates(*(_percent(row[name]) for name in IBPT_RATES))
            terms.add(
                tuple(row[n].strip() for n in ("vigenciainicio", "vigenciafim", "versao", "fonte"))
            )
        if len(terms) != 1:
            raise TableFault(
                _("The file has no NCM of eight digits.")
                if not terms
                else _("The rows of one file must hold for the same days, version and source.")
            )
        ((start, end, self.version, source),) = terms
        self.starts, self.ends = _day(start), _day(end)
        self.source = f"{source} {self.version}".strip()[:60]
        if self.ends < self.starts:
            raise TableFault(_("The table ends before it begins."))


def _csv_rows(
    sent: IO[bytes], columns: tuple[str, ...], *encodings: str
) -> Iterator[dict[str, str]]:
    """Each row's texts by their column, in whatever order those stand and with others beside them.
    The headings may come after some lines of title."""
    text = io.TextIOWrapper(sent, _encoding(sent, *encodings), newline="")
    try:
        lines = iter(text)
        for _place, line in zip(range(_MOST_HEADINGS), lines, strict=False):
            separator = ";" if line.count(";") >= line.count(",") else ","
            headings = [_bare(name) for name in next(csv.reader([line], delimiter=separator), [])]
            if columns[0] in headings:
                break
        else:
            raise _missing(columns[0])
        for name in columns:
            if name not in headings:
                raise _missing(name)
        for count, row in enumerate(csv.reader(lines, delimiter=separator)):
            if count > _MOST_ROWS:
                raise TableFault(_("The file has too many rows."))
            if any(row):
                if len(row) < len(headings):
                    raise TableFault(
                        _("A row has too few columns: %(row)s", row=";".join(row)[:60])
                    )
                yield dict(zip(headings, row, strict=False))
    except (UnicodeError, csv.Error):
        raise _unreadable() from None
    finally:
        text.detach()


def _encoding(sent: IO[bytes], *encodings: str) -> str:
    """The first in which the whole file can be read. Raises TableFault."""
    for name in encodings:
        if _reads(sent, name):
            return name
    raise _unreadable()


def _reads(sent: IO[bytes], encoding: str) -> bool:
    sent.seek(0)
    reader = io.TextIOWrapper(sent, encoding, newline="")
    try:
        return not any("\0" in piece for piece in iter(partial(reader.read, 65_536), ""))
    except UnicodeError:
        return False
    finally:
        reader.detach()
        sent.seek(0)


def _of_json(row: dict[str, Any]) -> dict[str, str]:
    bare = {_bare(str(name)): str(value) for name, value in row.items()}
    for name in NCM_COLUMNS:
        if name not in bare:
            raise _missing(name)
    return bare


def _bare(heading: str) -> str:
    """ "Data Início" and "Data_Inicio" are one column."""
    plain = unicodedata.normalize("NFKD", heading)
    return re.sub(r"[^a-z]", "", plain.encode("ascii", "ignore").decode().lower())


def _day(written: str) -> dt.date:
    try:
        return dt.datetime.strptime(written.strip(), "%d/%m/%Y").date()
    except ValueError:
        raise TableFault(
            _("“%(text)s” is no day; the file writes them like 31/12/2026.", text=written[:20])
        ) from None


def _percent(written: str) -> Decimal:
    try:
        rate = Decimal(written.strip().replace(",", "."))
    except InvalidOperation:
        rate = Decimal("NaN")
    if not (rate.is_finite() and 0 <= rate <= _MOST_PERCENT):
        raise TableFault(_("“%(text)s” is no rate in percent.", text=written[:20]))
    return rate


def _missing(column: str) -> TableFault:
    return TableFault(
        _("The column %(name)s is missing. Send the file as it was published.", name=column)
    )


def _unreadable() -> TableFault:
    return TableFault(_("This file is no table, or not in UTF-8. Send it as it was published."))

"""Imports: every row looked over, then what is fit taken in, slice by slice."""

import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic
from typing import Any

from webapp.audit.tracking import acting_as, because
from webapp.catalog.words import IMPORT, reason_words
from webapp.imports.customers import CustomersImport
from webapp.imports.models import Import, ImportKind, ImportStatus
from webapp.imports.products import PricesImport, ProductsImport, StockImport
from webapp.imports.sales import SalesImport
from webapp.imports.storage import forget_file
from webapp.imports.works import ImportWork
from webapp.incoming.note_imports import NotesImport
from webapp.payments.statement_import import StatementImport
from webapp.platform.clock import utc_now
from webapp.processing.slicing import SLICE_SECONDS, SlicedStep

WORKS: dict[ImportKind, ImportWork[Any, Any]] = {
    work.kind: work
    for work in (
        ProductsImport(),
        StockImport(),
        PricesImport(),
        CustomersImport(),
        SalesImport(),
        StatementImport(),
        NotesImport(),
    )
}


class ImportStep(SlicedStep[Import, Any]):
    model = Import
    # A spreadsheet is read whole at first.
    lease_seconds = 120

    def acting(self, rows: list[Import]) -> AbstractContextManager[None]:
        return acting_as(rows[0].asked_by)

    def give_up(self, row: Import, error: str) -> None:
        row.fail(error, utc_now())
        forget_file(row.id)


class CheckStep(ImportStep):
    status = ImportStatus.CHECKING

    def slice_of(self, row: Import) -> Any:
        return WORKS[row.kind].look_over(row, monotonic() + SLICE_SECONDS)

    def write_row(self, row: Import, shared: dict[int, Any], now: dt.datetime) -> None:
        WORKS[row.kind].keep(row, shared[row.id])


class TakeStep(ImportStep):
    status = ImportStatus.TAKING

    @contextmanager
    def acting(self, rows: list[Import]) -> Iterator[None]:
        why = reason_words(f"{IMPORT}{rows[0].file_name}")
        with super().acting(rows), because(why):
            yield

    def slice_of(self, row: Import) -> Any:
        return WORKS[row.kind].fetch(row)

    def write_row(self, row: Import, shared: dict[int, Any], now: dt.datetime) -> None:
        row.go_on(WORKS[row.kind].take(row, shared[row.id]), now)
        if row.status is ImportStatus.DONE:
            WORKS[row.kind].end(row)

"""Batches: products looked over, changed, and given back what they had, a chunk at a time."""

import datetime as dt

from webapp.batches.models import BatchStatus, ProductBatch
from webapp.batches.working import apply_chunk, preview_chunk, undo_chunk
from webapp.processing.slicing import SerialStep


class PreviewBatchStep(SerialStep[ProductBatch, None, None]):
    model = ProductBatch
    status = BatchStatus.PREVIEWING

    def write_row(self, row: ProductBatch, shared: None, now: dt.datetime) -> None:
        preview_chunk(row, now)


class ApplyBatchStep(SerialStep[ProductBatch, None, None]):
    model = ProductBatch
    status = BatchStatus.APPLYING

    def write_row(self, row: ProductBatch, shared: None, now: dt.datetime) -> None:
        apply_chunk(row, now)


class UndoBatchStep(SerialStep[ProductBatch, None, None]):
    model = ProductBatch
    status = BatchStatus.UNDOING

    def write_row(self, row: ProductBatch, shared: None, now: dt.datetime) -> None:
        undo_chunk(row, now)

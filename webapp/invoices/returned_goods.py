"""Goods that come back: which units of which item of an authorized NF-e, and the note they make.

A return keeps in `Invoice.returned` its `lines` (of the sale, each with its item on the NF-e, the
units of it that it holds and, after a refusal, the product's `codes` as they are by then), its
`cause` and `reason`, who asked for it (`by`) and by which call (`key`, `body`); and once it is
authorized how many units of which products it has put into stock (`restocked`).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from flask_babel import gettext as _

from webapp.fiscal.note import Item
from webapp.fiscal.returning import Original, OriginalItem, Span, free_spans, given_back
from webapp.fiscal.taxes import Taxes
from webapp.fiscal.text import clean
from webapp.invoices.models import Invoice, ReturnCause
from webapp.invoices.queries import returns_of
from webapp.platform.errors import Refusal
from webapp.sales.models import Sale, SaleLine, Status
from webapp.store.models import Shop


class NoFile(Refusal):
    """Without its file nothing can be given back of an NF-e."""


# As documents tell it, which are in Portuguese for whoever made them.
CAUSES = {
    ReturnCause.REGRET: "arrependimento",
    ReturnCause.DAMAGED: "produto com defeito ou avaria",
    ReturnCause.WRONG_ITEM: "produto diferente do pedido",
    ReturnCause.REFUSED: "recusada na entrega",
    ReturnCause.NOT_DELIVERED: "nao entregue",
    ReturnCause.OTHER: "",
}


class ReturnableLine(NamedTuple):
    """A line of the sale with its item on the NF-e, and the units of it that returns hold."""

    line: SaleLine
    item: OriginalItem
    taken: list[Span]

    @property
    def back(self) -> int:
        return sum(span.units for span in self.taken)

    @property
    def left(self) -> int:
        return self.item.quantity - self.back

    @property
    def accounted(self) -> int:
        """Units of the line that the buyer has no right to any more: those that were given back
        before the NF-e and are not on it, and those that returns hold."""
        return self.line.quantity - self.item.quantity + self.back

    @property
    def owed(self) -> int:
        """Units that were given back since the NF-e, and that no return holds."""
        if self.line.sale.status is Status.CANCELLED:
            return self.left
        return max(self.line.refunded - self.accounted, 0)


def original_of(origin: Invoice) -> Original:
    """Raises NoFile."""
    if origin.proc_xml is None:
        raise NoFile(_("The file of this NF-e is not here, and its values are read from that."))
    return Original.of(origin.proc_xml)


def returnable(sale: Sale, origin: Invoice, returns: Iterable[Invoice]) -> list[ReturnableLine]:
    """The lines on the sale's NF-e, in its order. Raises NoFile."""
    original = original_of(origin)
    taken: dict[int, list[Span]] = {}
    for row in rows_of(returns):
        taken.setdefault(row["item"], []).extend(Span(*span) for span in row["units"])
    lines = _lines_by_item(sale, origin, original)
    return [
        ReturnableLine(lines[item.number], item, taken.get(item.number, []))
        for item in original.items
        if item.number in lines
    ]


def _lines_by_item(sale: Sale, origin: Invoice, original: Original) -> dict[int, SaleLine]:
    """As it was kept at signing; of an NF-e from before that, by what lines and items say."""
    by_position = {line.position: line for line in sale.lines}
    kept = [profile.get("line", 0) for profile in origin.tax_profiles]
    if kept and all(position in by_position for position in kept):
        return {
            item.number: by_position[position]
            for item, position in zip(original.items, kept, strict=True)
        }
    found: dict[int, SaleLine] = {}
    lines = [line for line in sale.lines if line.is_on_note]
    for item in original.items:
        line = next((line for line in lines if _is_of(item, line)), None)
        if line is not None:
            found[item.number] = line
            lines.remove(line)
    return found


def _is_of(item: OriginalItem, line: SaleLine) -> bool:
    same = (item.sku, item.unit_price) == (clean(line.sku), line.unit_price)
    return same and item.quantity <= line.quantity


def owes_return(sale: Sale, origin: Invoice) -> bool:
    """Whether units were given back for which there is no return note, not even one under way."""
    return any(line.owed for line in returnable(sale, origin, returns_of(sale.id)))


def rows_of(returns: Iterable[Invoice]) -> list[dict[str, Any]]:
    """The lines of those that hold their units."""
    return [
        row
        for each in returns
        if each.takes_back and each.returned
        for row in each.returned["lines"]
    ]


def units_back(returns: Iterable[Invoice]) -> Counter[int]:
    """Those that returns hold, by the line's position."""
    units = Counter[int]()
    for row in rows_of(returns):
        units[row["line"]] += row["quantity"]
    return units


def row_of(line: ReturnableLine, units: int) -> dict[str, Any]:
    """What a return keeps of so many units of a line."""
    return {
        "line": line.line.position,
        "quantity": units,
        "item": line.item.number,
        "units": [list(span) for span in free_spans(line.taken, line.item.quantity, units)],
    }


def reason_words(invoice: Invoice) -> str:
    """Why its goods come back, as its document tells it."""
    told = invoice.returned or {}
    return ": ".join(filter(None, (CAUSES[ReturnCause(told["cause"])], told["reason"])))


def items_of(invoice: Invoice, shop: Shop) -> tuple[tuple[Item, ...], tuple[Taxes, ...]]:
    """The items of a return note and their taxes, from the origin's file. Raises NoFile."""
    assert invoice.origin is not None and invoice.returned is not None, "a return has both"
    original = original_of(invoice.origin)
    pairs = [
        given_back(
            original,
            row["item"],
            [Span(*span) for span in row["units"]],
            shop.crt,
            row["line"],
        )
        for row in invoice.returned["lines"]
    ]
    items = (
        replace(item, **row.get("codes", {}))
        for row, (item, _tax) in zip(invoice.returned["lines"], pairs, strict=True)
    )
    return tuple(items), tuple(tax for _item, tax in pairs)

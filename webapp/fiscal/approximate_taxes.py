"""What a final consumer is told of the taxes in the price (law 12.741/2012), from IBPT's table."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from webapp.fiscal.note import Note
from webapp.fiscal.official_tables import Burden
from webapp.fiscal.tax_book import TaxBook
from webapp.fiscal.text import clean, digits
from webapp.fiscal.xml import Section, amount
from webapp.platform.money import ZERO


@dataclass(frozen=True, slots=True)
class ApproximateTaxes:
    """`burdens` by item, None for one of which nothing is known."""

    burdens: tuple[Burden | None, ...]
    source: str = ""

    @classmethod
    def of(cls, note: Note, day: date, book: TaxBook) -> "ApproximateTaxes":
        is_sale = note.is_final and not note.is_return
        table = book.ibpt_of(note.issuer.address.state, day) if is_sale else None
        if table is None:
            return cls((None,) * len(note.items))
        return cls(
            tuple(table.burden(digits(item.ncm), item.origin, item.total) for item in note.items),
            table.source,
        )

    @property
    def sum(self) -> Burden | None:
        known = [burden for burden in self.burdens if burden is not None]
        if not known:
            return None
        return Burden(*(sum(parts, ZERO) for parts in zip(*known, strict=True)))

    @property
    def remark(self) -> str:
        found = self.sum
        if found is None:
            return ""
        return (
            f"Tributos aproximados: R$ {_brazilian(found.federal)} federais, "
            f"R$ {_brazilian(found.state)} estaduais, R$ {_brazilian(found.city)} municipais. "
            f"Fonte: {clean(self.source)}"
        )

    def with_total(self, total: Section) -> Section:
        """The children of `total`, with what the items come to behind the note's value."""
        found = self.sum
        if found is not None:
            total["ICMSTot"]["vTotTrib"] = amount(found.total)
        return total


def _brazilian(value: Decimal) -> str:
    return f"{value:.2f}".replace(".", ",")

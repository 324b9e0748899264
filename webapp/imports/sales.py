"""Orders as the rows of a table: a line each, those of one reference together, placed as a
checkout's are. An order is placed whole or not at all."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from webapp.catalog.kits import why_not_sold
from webapp.catalog.models import Product
from webapp.catalog.queries import products_by_sku
from webapp.http.forms import parse
from webapp.imports.fields import SALE_FIELDS
from webapp.imports.kinds import CheckedRow, Problem, TableImport, Values, in_each_language
from webapp.imports.models import ImportKind, ImportRow, RowOutcome
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.sales.forms import SaleIn
from webapp.sales.models import Sale
from webapp.sales.placing import create_sale
from webapp.store.price_rights import PriceRights

OF_LINE = ("sku", "quantity", "unit_price")


class SalesImport(TableImport):
    kind = ImportKind.SALES
    fields = SALE_FIELDS
    key = "reference"
    names_persons = True
    needed = (("reference",), ("sku",), ("quantity",), ("customer.name",), ("payment_method",))
    # Orders placed by one transaction, each after the other.
    chunk = 50

    def judge(
        self, rows: Sequence[CheckedRow], columns: dict[str, str], _rights: PriceRights
    ) -> None:
        products = products_by_sku(each.said.get("sku", "") for each in rows)
        here = _references_here({each.said.get("reference", "") for each in rows})
        for each in rows:
            said = each.said
            each.key = said.get("reference", "")
            each.name = f"{each.key} · {said.get('sku', '')}"
            if each.key in here:
                each.is_known, each.problems = True, []
                continue
            for name in ("reference", "sku", "quantity"):
                self.need(each, name, columns[name])
            product = products.get(said.get("sku", ""))
            self.judged(each, partial(_refuse_line, said, product, bool(_head(said))), columns)

    def column_of(self, name: str, columns: dict[str, str]) -> str:
        return columns.get(name.removeprefix("lines.0."), "")

    def begin_group(self, first: CheckedRow) -> None:
        if not _head(first.said) and not first.is_known and not first.problems:
            message = _l("The first line of an order tells who buys and how it is paid.")
            first.problems.append(in_each_language("", message))

    def goes_with(self, first: ImportRow | CheckedRow, each: CheckedRow) -> bool:
        head = _head(first.facts["said"])
        is_alike = all(head.get(name) == value for name, value in _head(each.said).items())
        return is_alike and not first.problems and not each.problems

    def clash(self, column: str, line: int) -> Problem:
        return in_each_language(
            column,
            lambda: _(
                "Line %(line)s of the same order is refused, or says something else of it.",
                line=line,
            ),
        )

    def write(
        self,
        rows: Sequence[ImportRow],
        columns: dict[str, str],
        rights: PriceRights,
        _reason: str,
    ) -> int:
        orders = self._begun_in(rows)
        # All at once and in their order, as everybody locks them.
        skus = (row.facts["said"]["sku"] for lines in orders.values() for row in lines)
        products_by_sku(skus, lock=True)
        here, refused = _references_here(orders), 0
        for reference, lines in orders.items():
            _sale, problems = self.refused(
                partial(_placed, lines, reference in here, rights), columns
            )
            if problems:
                refused += len(lines)
                for row in lines:
                    row.refuse(problems)
        return refused

    def _begun_in(self, rows: Sequence[ImportRow]) -> dict[str, list[ImportRow]]:
        """The orders whose first row is among these, with all their rows; the others are placed."""
        query = select(ImportRow).where(
            ImportRow.import_id.in_({row.import_id for row in rows}),
            ImportRow.key.in_({row.key for row in rows}),
            ImportRow.outcome == RowOutcome.ACCEPTED,
        )
        orders: dict[str, list[ImportRow]] = {}
        for row in db.session.scalars(query.order_by(ImportRow.number)):
            orders.setdefault(row.key, []).append(row)
        return {key: lines for key, lines in orders.items() if lines[0] in rows}


def _references_here(references: Collection[str]) -> set[str]:
    query = select(Sale.reference).where(Sale.reference.in_({*references} - {""}))
    return set(db.session.scalars(query))


def _head(said: Values) -> Values:
    """What a row tells of its order as a whole."""
    return {name: value for name, value in said.items() if name not in (*OF_LINE, "reference")}


def _refuse_line(said: Values, product: Product | None, has_head: bool) -> None:
    """Raises Refusal, with all that is wrong."""
    words = why_not_sold(product) if product else ""
    if product is None and "sku" in said:
        words = _("There is no product with the SKU %(sku)s.", sku=said["sku"])
    errors = [FieldError("sku", words)] if words else []
    try:
        if has_head:
            parse(SaleIn, _told([said]))
    except Invalid as invalid:
        errors += invalid.errors
    if errors:
        raise Invalid(errors)


def _told(rows: Sequence[Values]) -> Values:
    """The order that rows tell, by the names of SaleIn; the first that tells a thing counts."""
    told: dict[str, Any] = {
        "reference": rows[0].get("reference", ""),
        "customer": {},
        "address": {},
    }
    for said in reversed(rows):
        for name, value in _head(said).items():
            whole, _dot, part = name.partition(".")
            if part:
                told[whole][part] = value
            else:
                told[name] = value
    lines = [{name: said[name] for name in OF_LINE if name in said} for said in rows]
    return told | {"lines": lines}


def _placed(lines: Sequence[ImportRow], is_here: bool, rights: PriceRights) -> Sale:
    """Raises Refusal; then nothing of it is left."""
    if is_here:
        raise Refusal(_("An order with this reference is here by now."), "reference")
    wanted = parse(SaleIn, _told([row.facts["said"] for row in lines]))
    with db.session.begin_nested():
        return create_sale(wanted, rights=rights)

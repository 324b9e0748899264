"""Customers as the rows of a table: known by CPF or CNPJ, and without one by name and e-mail."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.customers.customer_edits import copy_into, facts_of, known_by
from webapp.customers.forms import CustomerIn
from webapp.customers.models import Customer
from webapp.http.forms import parse
from webapp.imports.fields import CUSTOMER_FIELDS
from webapp.imports.kinds import CheckedRow, TableImport, Values
from webapp.imports.models import ImportKind, ImportRow, RowOutcome
from webapp.imports.products import changed_since
from webapp.platform.database import db
from webapp.platform.documents import normalize_document
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.platform.text import fold
from webapp.store.price_rights import PriceRights

ADDRESS = "address."


class CustomersImport(TableImport):
    kind = ImportKind.CUSTOMERS
    fields = CUSTOMER_FIELDS
    key = "document"
    names_persons = True
    needed = (("name",), ("document", "email"))

    def judge(
        self, rows: Sequence[CheckedRow], columns: dict[str, str], _rights: PriceRights
    ) -> None:
        known = _by_document([each.said for each in rows])
        for each in rows:
            each.name = str(each.said.get("name", ""))
            self.need(each, "name", columns["name"])
            each.key = _key_of(each.said)
            customer = known.get(_bare(each.said))
            wanted = self.judged(each, partial(_wanted, each.said, customer), columns)
            if wanted is None:
                continue
            customer = customer or known_by(wanted)
            before = _changed(customer, wanted, each.said) if customer else {}
            each.facts |= {"new": customer is None, "before": before}
            each.is_known = customer is not None and not before

    def write(
        self,
        rows: Sequence[ImportRow],
        columns: dict[str, str],
        _rights: PriceRights,
        _reason: str,
    ) -> int:
        known = _by_document([row.facts["said"] for row in rows], lock=True)
        for row in rows:
            customer = known.get(_bare(row.facts["said"]))
            wanted, problems = self.refused(partial(_still, row, customer), columns)
            if problems:
                row.refuse(problems)
                continue
            if customer is None:
                customer = known_by(wanted) or Customer()
            copy_into(customer, wanted)
            db.session.add(customer)
        return sum(row.outcome is RowOutcome.REFUSED for row in rows)


def _bare(said: Values) -> str:
    return normalize_document(str(said.get("document", ""))) or ""


def _key_of(said: Values) -> str:
    """The document, or name and e-mail where there is none."""
    return _bare(said) or fold(f"{said.get('email', '')} {said.get('name', '')}").strip()


def _by_document(rows: Sequence[Values], lock: bool = False) -> dict[str, Customer]:
    documents = sorted({bare for said in rows if (bare := _bare(said))})
    query = select(Customer).where(Customer.document.in_(documents)).order_by(Customer.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return {customer.document: customer for customer in db.session.scalars(query)}


def _wanted(said: Values, customer: Customer | None) -> CustomerIn:
    """The customer with what the row says. Raises Refusal."""
    if customer:
        customer.refuse_gone()
    held = facts_of(customer) if customer else {}
    facts = {name: value for name, value in said.items() if not name.startswith(ADDRESS)}
    parts = {
        name.removeprefix(ADDRESS): value
        for name, value in said.items()
        if name.startswith(ADDRESS)
    }
    return parse(CustomerIn, held | facts | {"address": held.get("address", {}) | parts})


def _flat(facts: Values) -> Values:
    address = facts["address"]
    parts = {f"{ADDRESS}{part}": value for part, value in address.items()}
    return {name: value for name, value in facts.items() if name != "address"} | parts


def _changed(customer: Customer, wanted: CustomerIn, said: Values) -> Values:
    now, then = _flat(facts_of(customer)), _flat(wanted.model_dump())
    return {name: _plain(now[name]) for name in said if _plain(then[name]) != _plain(now[name])}


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _still(row: ImportRow, customer: Customer | None) -> CustomerIn:
    """What the row wants. Raises Refusal where it does not fit any more."""
    said = row.facts["said"]
    if row.facts["new"] and customer is not None:
        raise Refusal(_("Another customer has this CPF or CNPJ by now."), "document")
    wanted = _wanted(said, customer)
    if customer is not None:
        now, then = _flat(facts_of(customer)), _flat(wanted.model_dump())
        moved = [
            name
            for name, before in row.facts["before"].items()
            if _plain(now[name]) not in (before, _plain(then[name]))
        ]
        if moved:
            raise Invalid([FieldError(name, changed_since(_plain(now[name]))) for name in moved])
    return wanted

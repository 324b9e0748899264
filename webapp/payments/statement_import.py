"""Statements as the rows of a table: each line's money looked for among the orders, then the orders
looked for among the money."""

import datetime as dt
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from itertools import islice
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import load_only

from webapp.http.formatting import day_text, money_text, shop_day
from webapp.http.periods import Period
from webapp.imports import cells
from webapp.imports.cells import Reader, Unread
from webapp.imports.fields import TableField
from webapp.imports.kinds import CheckedRow, TableImport, Values, in_each_language
from webapp.imports.models import Import, ImportKind, ImportRow
from webapp.imports.tables import Cell
from webapp.payments.fees import agreed_fees
from webapp.payments.missing import look_for_orders
from webapp.payments.models import Charge, Finding, Receipt, Statement
from webapp.payments.queries import told_money
from webapp.payments.receiving import MISSED, attach, receipts_of, settle
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.money import MAX_MONEY, ZERO, cents
from webapp.platform.text import has_digit
from webapp.platform.whole import whole_number
from webapp.sales.models import Sale
from webapp.store.price_rights import PriceRights

# An order is paid at most so many days before its money comes that tells no reference.
NEAR = dt.timedelta(days=3)
MOST_PARTS = 48
# Of a text, looked at.
MOST_WORDS = 12
_PART = re.compile(r"\s*([0-9]{1,2})\s*(?:/|de|of)\s*([0-9]{1,2})\s*", re.ASCII | re.IGNORECASE)
# Orders, with what money is judged by.
_JUDGED = select(Sale).options(
    load_only(
        Sale.reference,
        Sale.status,
        Sale.paid_at,
        Sale.total,
        Sale.payment_method,
        Sale.invoice_details,
    )
)
# What in a line's text may be an order's reference.
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,63}", re.ASCII)
_DATES = (
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})(?![0-9])"),
    re.compile(r"(?P<d>[0-9]{1,2})[/.-](?P<m>[0-9]{1,2})[/.-](?P<y>[0-9]{4}|[0-9]{2})(?![0-9])"),
    re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?![0-9])"),
    re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?=[0-9]{6}(?![0-9]))"),
)


def day(cell: Cell, _notation: str = "") -> str:
    """As ISO; what follows it is left out. Of two numbers the first is the day, as in Brazil."""
    written = cells.text(cell)
    for pattern in _DATES:
        if found := pattern.match(written):
            year = found["y"] if len(found["y"]) == 4 else f"20{found['y']}"
            try:
                return dt.date.fromisoformat(
                    f"{year}-{found['m']:0>2}-{found['d']:0>2}"
                ).isoformat()
            except ValueError:
                break
    raise Unread(_l("This is not a day; write it like 25/11/2026."))


def part(cell: Cell, _notation: str = "") -> str:
    """Which of how many instalments, like 2/3; a number alone tells nothing."""
    found = _PART.fullmatch(cells.text(cell))
    if not found:
        return ""
    number, of = whole_number(found[1], 1), whole_number(found[2], 1, MOST_PARTS)
    if not (number and of and number <= of):
        raise Unread(_l("This is not one of some instalments; write it like 2/3."))
    return f"{number}/{of}"


def _field(
    name: str, label: object, read: Reader, names: str, sample: object = "", is_number: bool = False
) -> TableField:
    """`names`: parted by commas."""
    others = tuple(each.strip() for each in names.split(","))
    return TableField(name, label, read, others, sample, is_number)


STATEMENT_FIELDS = (
    _field(
        "day",
        _l("Day"),
        day,
        "day, data, date, dtposted, data do pagamento, data pagamento, data de credito,"
        " data credito, settlement date, date approved, data de aprovacao, data da transacao,"
        " transaction date, data de liberacao, money release date, data lancamento,"
        " data do lancamento, data da venda",
        "25/11/2026",
    ),
    _field(
        "amount",
        _l("Amount"),
        cells.decimal,
        "gross amount, valor bruto, transaction amount, valor da venda, valor do pagamento, trnamt,"
        " amount, valor, valor r, valor pago, credito, valor da transacao, gross credit amount",
        "129.90",
        is_number=True,
    ),
    _field(
        "fee",
        _l("Fee"),
        cells.decimal,
        "fee, taxa, tarifa, fee amount, mp fee amount, mercadopago fee, taxas, tarifas,"
        " valor da taxa, valor tarifa, desconto mdr, mdr amount, comissao",
        "1.29",
        is_number=True,
    ),
    _field(
        "net",
        _l("Net amount"),
        cells.decimal,
        "net amount, valor liquido, net received amount, net credit amount, liquido,"
        " settlement net amount, valor a receber",
        is_number=True,
    ),
    _field(
        "reference",
        _l("Order or charge"),
        cells.line,
        "external reference, referencia externa, numero do pedido, pedido, order, order number,"
        " order id, id do pedido, codigo do pedido, txid, referencia, reference, identificador",
        "WEB-1001",
    ),
    _field(
        "payment_id",
        _l("Payment's id"),
        cells.line,
        "payment id, source id, fitid, id da transacao, transaction id, endtoendid, end to end id,"
        " operation id, numero da operacao, nsu, id do pagamento, codigo da transacao, id",
        "E18236120202611251012s0123456789",
    ),
    _field("part", _l("Instalment"), part, "parcela, installment, parcelas, installments", "1/1"),
    _field(
        "text",
        _l("Text of the line"),
        cells.line,
        "memo, descricao, description, historico, lancamento, detalhes, detalhe, name, title",
        "PIX RECEBIDO",
    ),
)


class StatementLine(NamedTuple):
    """A line of a statement that brings money."""

    base: str
    number: int
    day: dt.date
    amount: Decimal
    fee: Decimal | None
    reference: str
    payment_id: str
    text: str
    part: int
    parts: int

    @property
    def words(self) -> list[str]:
        """What it may be found by, the surest first."""
        written = (word for word in _WORD.findall(self.text) if has_digit(word))
        return [self.reference, self.payment_id, *islice(written, MOST_WORDS)]


class StatementImport(TableImport):
    kind = ImportKind.STATEMENT
    role = "manager"
    readers = ("manager", "accountant")
    fields = STATEMENT_FIELDS
    key = "payment_id"
    names_persons = True
    needed = (("day",), ("amount", "net"))

    def judge(
        self, rows: Sequence[CheckedRow], columns: dict[str, str], _rights: PriceRights
    ) -> None:
        for each in rows:
            said = each.said
            column = columns.get("amount", columns.get("net", ""))
            self.need(each, "day", columns["day"])
            if "net" not in said and not self.need(each, "amount", column):
                continue
            if abs(_amount(said)) > MAX_MONEY:
                each.problems.append(in_each_language(column, _l("This amount is too large.")))
            if each.problems:
                continue
            each.name = " · ".join(
                filter(None, (said.get("reference"), said.get("payment_id"), said.get("text")))
            )
            each.key = _base(said)

    def goes_with(self, first: ImportRow | CheckedRow, each: CheckedRow) -> bool:
        """Of a payment with an id of its own a second line is the same one; without, it is another
        payment of that sum."""
        each.is_known = bool(each.said.get("payment_id"))
        return True

    def told_of(self, row: ImportRow) -> str:
        said = row.facts.get("said")
        if not said:
            return ""
        if _amount(said) <= ZERO:
            return _("No money that came: it is left out.")
        line = _line(row)
        fee = _("fee %(amount)s", amount=money_text(line.fee)) if line.fee else ""
        return " · ".join(filter(None, (day_text(line.day), money_text(line.amount), fee)))

    def write(
        self,
        rows: Sequence[ImportRow],
        columns: dict[str, str],
        rights: PriceRights,
        _reason: str,
    ) -> int:
        if not rows:
            return 0
        statement = _statement_of(rows[0].import_id)
        lines = [_line(row) for row in rows if _amount(row.facts["said"]) > ZERO]
        _take(statement, _keyed(lines, rows[0].import_id))
        return 0

    def end(self, row: Import) -> None:
        super().end(row)
        statement = db.session.scalar(select(Statement).where(Statement.import_id == row.id))
        if statement is not None:
            look_for_orders(statement, utc_now(), is_first=True)


def _amount(said: Values) -> Decimal:
    if "amount" in said:
        return cents(Decimal(said["amount"]))
    return cents(Decimal(said["net"]) + abs(Decimal(said.get("fee", "0"))))


def _base(said: Values) -> str:
    """What makes a line the same one in another file."""
    parts = [said.get(name, "") for name in ("payment_id", "day", "reference", "text", "part")]
    return hashlib.sha1("|".join([*parts, str(_amount(said))]).encode()).hexdigest()


def _line(row: ImportRow) -> StatementLine:
    said = row.facts["said"]
    fee = said.get("fee")
    if fee is None and "net" in said and "amount" in said:
        fee = Decimal(said["amount"]) - Decimal(said["net"])
    number, _slash, of = said.get("part", "1/1").partition("/")
    return StatementLine(
        row.key,
        row.number,
        dt.date.fromisoformat(said["day"]),
        _amount(said),
        None if fee is None else cents(abs(Decimal(fee))),
        said.get("reference", "")[:80],
        said.get("payment_id", "")[:80],
        said.get("text", "")[:200],
        whole_number(number) or 1,
        whole_number(of) or 1,
    )


def _statement_of(import_id: int) -> Statement:
    """The one that this import fills."""
    found = db.session.scalar(select(Statement).where(Statement.import_id == import_id))
    if found is None:
        sent = db.session.get_one(Import, import_id)
        found = Statement(import_id=import_id, name=sent.file_name, methods=[])
        found.lines = found.matched = 0
        found.amount = found.fee = ZERO
        db.session.add(found)
        db.session.flush()
    return found


def _keyed(lines: Sequence[StatementLine], import_id: int) -> dict[str, StatementLine]:
    """By their keys: of lines that are all alike, each by how many stand before it in the file."""
    before = select(ImportRow.key, func.count()).where(
        ImportRow.import_id == import_id,
        ImportRow.key.in_({line.base for line in lines}),
        ImportRow.number < min((line.number for line in lines), default=0),
    )
    seen = Counter(
        {key: times for key, times in db.session.execute(before.group_by(ImportRow.key))}
    )
    keyed = {}
    for line in lines:
        keyed[f"{line.base}-{seen[line.base]}"] = line
        seen[line.base] += 1
    return keyed


def _take(statement: Statement, lines: dict[str, StatementLine]) -> None:
    """The money of these lines; what another statement had already is left out."""
    here = set(db.session.scalars(select(Receipt.key).where(Receipt.key.in_(lines))))
    fresh = {key: line for key, line in lines.items() if key not in here}
    told, sales = ToldMoney(list(fresh.values())), _sales_of(fresh)
    ids = {sale.id for sale in sales.values()}
    came, agreed, now = receipts_of(ids), agreed_fees(), utc_now()
    settle(now, Finding.sale_id.in_(ids), Finding.kind.in_(MISSED))
    with db.session.no_autoflush:
        # Those that name their order first: what they leave is the others'.
        for key, line in sorted(fresh.items(), key=lambda each: each[0] not in sales):
            sale = sales.get(key)
            receipt = told.pop(line, sale)
            if receipt is not None:
                # ToldMoney by its provider before, and judged then.
                receipt.key, receipt.statement_id = key, statement.id
                receipt.fee = line.fee if receipt.fee is None else receipt.fee
                statement.add(line.day, line.amount, line.fee, receipt.sale_id is not None)
                continue
            receipt = _receipt(key, line, statement)
            db.session.add(receipt)
            earlier = came.setdefault(sale.id, []) if sale else []
            attach(receipt, sale, earlier, agreed, now, pays=False)
            earlier.append(receipt)
            statement.add(line.day, line.amount, line.fee, sale is not None)


def _receipt(key: str, line: StatementLine, statement: Statement) -> Receipt:
    names = ("payment_id", "reference", "text", "day", "amount", "fee", "part", "parts")
    told = {name: getattr(line, name) for name in names}
    return Receipt(key=key, statement_id=statement.id, is_told=False, **told)


class ToldMoney:
    """Money that providers told of and that no statement had yet: a line that is about it is no
    other money. A bank has ids of its own; then order and sum, or sum and day, tell."""

    def __init__(self, lines: Sequence[StatementLine]) -> None:
        days = [line.day for line in lines] or [dt.date.max]
        amounts = {line.amount for line in lines}
        query = told_money(amounts, min(days) - NEAR, max(days))
        self._left = list(db.session.scalars(query))

    def pop(self, line: StatementLine, sale: Sale | None) -> Receipt | None:
        near = [
            each
            for each in self._left
            if each.amount == line.amount and line.day - NEAR <= each.day <= line.day
        ]
        same = [each for each in near if line.payment_id and each.payment_id == line.payment_id]
        if not same and sale is not None:
            same = [each for each in near if each.sale_id == sale.id]
        elif not same and not line.reference:
            same = near
        if not same:
            return None
        self._left.remove(same[0])
        return same[0]


# -- whose it is ----------------------------------------------------------------------------------


def _sales_of(lines: dict[str, StatementLine]) -> dict[str, Sale]:
    """The order of each line that has one: by a charge, by its reference, else by sum and day where
    both fit each other alone."""
    words = {word for line in lines.values() for word in line.words if word}
    query = select(Charge.key, Charge.sale_id).where(Charge.key.in_(words))
    charges = {key: sale_id for key, sale_id in db.session.execute(query)}
    charged = Sale.id.in_(set(charges.values()))
    by_id = {sale.id: sale for sale in db.session.scalars(_JUDGED.where(charged))}
    by_reference: dict[str, list[Sale]] = {}
    for sale in db.session.scalars(_JUDGED.where(Sale.reference.in_(words))):
        by_reference.setdefault(sale.reference, []).append(sale)
    found: dict[str, Sale] = {}
    for key, line in lines.items():
        for word in line.words:
            sales = [by_id[charges[word]]] if word in charges else by_reference.get(word, [])
            if len(sales) == 1 and _is_meant(line, word, sales[0]):
                found[key] = sales[0]
                break
    unnamed = {key: line for key, line in lines.items() if key not in found and not line.reference}
    return found | _by_sum(unnamed, {sale.id for sale in found.values()})


def _is_meant(line: StatementLine, word: str, sale: Sale) -> bool:
    """A number in a line's text may be anything: it is an order's where the sum is too."""
    is_number = whole_number(word, most=10**18) is not None
    if word in (line.reference, line.payment_id) or not is_number:
        return True
    return line.amount == sale.total


def _by_sum(lines: dict[str, StatementLine], taken: set[int]) -> dict[str, Sale]:
    if not lines:
        return {}
    days = [line.day for line in lines.values()]
    period = Period(min(days) - NEAR, max(days))
    paid = (Sale.paid_at >= period.begins) & (Sale.paid_at < period.ends)
    amounts = {line.amount for line in lines.values()}
    has_money = select(Receipt.id).where(Receipt.sale_id == Sale.id).exists()
    query = _JUDGED.where(paid, Sale.total.in_(amounts), ~has_money)
    sales = [sale for sale in db.session.scalars(query) if sale.id not in taken]
    found: dict[str, Sale] = {}
    for key, line in lines.items():
        near = [sale for sale in sales if _is_near(sale, line)]
        alike = [other for other in lines.values() if near and _is_near(near[0], other)]
        if len(near) == 1 and len(alike) == 1:
            found[key] = near[0]
    return found


def _is_near(sale: Sale, line: StatementLine) -> bool:
    assert sale.paid_at
    return sale.total == line.amount and line.day - NEAR <= shop_day(sale.paid_at) <= line.day

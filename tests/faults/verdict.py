"""What must hold after a rush under faults: nothing lost, nothing twice, no gap, nothing stuck,
stock and ledger to the unit, every note whole."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree
from sqlalchemy import Engine, create_engine, text

from tests.services import Shop, wait_until
from tests.support.checkout_rush import SKU, SPARE, Happened, Rush
from webapp.fiscal.signature import SignatureError, digest_of, verify
from webapp.platform.settings import Settings

STUCK_SECONDS = 30
_SALES = (
    "SELECT sales.id, sales.reference, sales.status, invoices.number, invoices.authorized_at, "
    "invoices.signed_xml, invoices.proc_xml, invoices.status, sandbox_notes.digest "
    "FROM sales LEFT JOIN invoices ON invoices.sale_id = sales.id "
    "LEFT JOIN sandbox_notes ON sandbox_notes.access_key = invoices.access_key "
    "WHERE sales.reference LIKE 'FAULT-%'"
)


@dataclass
class Verdict:
    """`found`: how many of each kind of fault of the shop's own; `recovery`: seconds, by what
    happened, until the next order taken after it had its NF-e; `to_note` of all orders."""

    found: dict[str, int]
    recovery: dict[str, list[float]] = field(default_factory=dict)
    to_note: list[float] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not any(self.found.values())


def judge(shop: Shop, rush: Rush, seconds: float = 90) -> Verdict:
    """Waits for the last NF-e, and looks into the database behind the shop's back."""
    engine = create_engine(Settings.from_env(shop.environment).database_url)
    try:
        _wait_for_the_last(engine, rush.sales, seconds)
        with engine.connect() as connection:
            rows = connection.execute(text(_SALES)).all()
            numbers = sorted(
                connection.execute(
                    text("SELECT number FROM invoices WHERE number IS NOT NULL")
                ).scalars()
            )
            stock, moved = connection.execute(
                text(
                    "SELECT stock, (SELECT sum(change) FROM stock_movements "
                    "WHERE product_id = products.id) FROM products WHERE sku = :sku"
                ),
                {"sku": SKU},
            ).one()
    finally:
        engine.dispose()
    issued = {int(row[1].split("-")[1]): _seconds(row[4]) for row in rows if row[4]}
    taken = {number: moment for number, (moment, _id) in rush.taken.items()}
    kept = Counter(row[1] for row in rows)
    found = {
        "lost": sum(f"FAULT-{number}" not in kept for number in taken),
        "double": sum(each - 1 for each in kept.values()),
        "gaps": len(set(range(1, len(numbers) + 1)) ^ set(numbers)),
        "numbers twice": len(numbers) - len(set(numbers)),
        "stuck": sum(
            _waited(taken[number], issued.get(number), rush.happened) > STUCK_SECONDS
            for number in taken
        ),
        "stock off by": abs(stock - SPARE) + abs(stock - moved),
        "broken notes": sum(not _is_whole(row) for row in rows),
    }
    to_note = [issued[number] - taken[number] for number in taken if number in issued]
    return Verdict(found, _recovery(taken, issued, rush.happened), to_note)


def _wait_for_the_last(engine: Engine, sales: int, seconds: float) -> None:
    issued = text(
        "SELECT count(*) FROM sales WHERE reference LIKE 'FAULT-%' AND status = 'invoiced'"
    )

    def all_are_issued() -> bool:
        with engine.connect() as connection:
            return connection.execute(issued).scalar_one() >= sales

    wait_until(all_are_issued, seconds, "every order has its NF-e", pause=0.1)


def _seconds(moment: dt.datetime | str) -> float:
    """SQLite keeps moments as text, in UTC."""
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment)
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp()


def _waited(taken: float, issued: float | None, happened: Sequence[Happened]) -> float:
    """From when it could go on: while something happens to the shop, that is not its fault."""
    if issued is None:
        return float("inf")
    return issued - max([taken, *(each.ended for each in happened if each.begun < issued)])


def _recovery(
    taken: dict[int, float], issued: dict[int, float], happened: Sequence[Happened]
) -> dict[str, list[float]]:
    recovery = defaultdict(list)
    for fault in happened:
        after = [number for number, moment in taken.items() if moment > fault.begun]
        first = min(after, key=taken.__getitem__, default=None)
        if first is not None and first in issued:
            recovery[fault.name].append(max(0.0, issued[first] - fault.ended))
    return recovery


def _is_whole(row) -> bool:
    _id, _reference, status, _number, _at, signed, processed, note_status, digest = row
    if status != "invoiced" or note_status != "authorized":
        return False
    try:
        verify(etree.fromstring(bytes(signed)))
    except (SignatureError, etree.XMLSyntaxError):
        return False
    inside = etree.fromstring(bytes(processed))
    return digest_of(bytes(signed)) == digest and inside.tag.endswith("nfeProc")

"""What pages cost in a big shop and in one of ten thousand orders, by turns: processor time, of the
database too, and the number of statements.

    bin/bench scale --database postgresql --orders 100000 --only /sales

Where the small shop has fewer rows to show, the big one's page is held against a full page of the
same list in the small one, of a search against one that finds as much (marked ~); where there is
none, it is not counted (-). Of NF-e that wait for a person, tasks and products to reorder the small
shop is given a page: there is no other list of such rows, and the former stand beside each note.

The shops are made by `flask demo --scale` where they are not there yet, and kept: the big one takes
minutes and some 23 GB a million.
"""

import argparse
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from _sessions import Guardian
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests.bench.figures import tell
from tests.factories import make_product, make_sale, make_token, sign_in, work_off
from tests.services import ROOT, Postgres, redis_server
from webapp import create_app
from webapp.audit.tracking import acting_as
from webapp.customers.models import Customer
from webapp.demo.load import SHOP, orders
from webapp.demo.stories import returned
from webapp.http.formatting import shop_day
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.monitor import troubles
from webapp.platform.database import db
from webapp.platform.settings import Settings
from webapp.processing.sweeping import sweep_once
from webapp.sales.models import Sale
from webapp.sales.queries import sale_of
from webapp.sums.keeping import keep_days

SMALL, SOLD_AT_ONCE = 10_000, 20
# More than a page; by an order of the demo that a rule holds, and one that opens a task.
QUEUED, HELD, UNFOUND = 51, "B2B-2008", "WEB-2007"
# All of its orders are copies of one of the demo's.
ONE_STORY = "store"
# What the database is told rather than asked.
TOLD = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")
LISTS = (
    *("/sales", "/customers", "/products", "/invoices", "/packing-slips", "/messages", "/tasks"),
    *("/commissions", "/royalties", "/memberships", "/agents", "/audit"),
)
PAGES = (
    *(
        "/",
        "/customers/duplicates",
        "/jobs",
        "/search?q={none}",
        "/search?q={common}",
        "/search?q=caneca",
        "/products?q=caneca",
        "/search?q={key}",
    ),
    *("/sales/{sale}", "/invoices/{invoice}", "/customers/{customer}", "/products/40"),
    *("/packing-slips/40", "/sales?channel=nowhere", "/sales?agent=A1", "/invoices?month={month}"),
    *("/invoices?status=authorized&month={month}", "/sales?since={month}-01", "/sales/new"),
    *("/series", "/closing?month={month}", "/incoming", "/imports", "/authority", "/settings"),
    *("/products?view=no_gtin", "/products?view=no_cost", "/products?view=no_profile", "/batches"),
    *(
        "/products/reorder",
        "/counts",
        "/views",
        "/api/v1/search?q=caneca",
    ),
    *("/attention", "/attention?sort=amount", "/api/v1/attention", "/?by=product", "/?by=channel"),
    *("/payments", "/payments/notices", "/payments/statements", "/bulk", "/notifications"),
    *("/sales?tag=nothing", "/sales/{sale}/margin", "/packing-slips/picking", "/packing"),
    *("/sales?paid_since={month}-01&paid_until={month}-28", "/schedule", "/memberships/plans"),
    *("/products?supplier=nobody", "/products?category=nothing", "/products?tax_profile=goods"),
    *("/api/v1/sales", "/api/v1/sales?q={none}", "/api/v1/sales?updated_since=2030-01-01"),
    *("/api/v1/invoices?month={month}", "/api/v1/products", "/api/v1/customers"),
)
SEARCHED = ("/sales", "/customers", "/products", "/invoices", "/packing-slips", "/messages")
WORDS = ("none", "common", "short", "reference", "document", "phone", "key", "number", "name")
FILES = ("/sales/export.csv?since={month}-01&until={month}-28", "/invoices/archive?month={month}")
ROW = re.compile(r'<tr id="[a-z]+-[0-9]+"')
LINK = re.compile(r'class="(?:tab|menu-item|sort)"\s+href="([^"]+)"')


class Asked(NamedTuple):
    """Processor seconds of an answer, of the database's processes too, its statements, its length
    and the rows of its list."""

    seconds: float
    statements: int
    length: int
    rows: int


@dataclass
class BigShop:
    """A shop of so many orders, what addresses name of it, and the database's processes that work
    for it."""

    client: FlaskClient
    facts: dict[str, str]
    token: str
    servers: list[int]
    statements: int = 0

    def get(self, path: str) -> Asked:
        self.statements, began = 0, self._used()
        headers = {"Authorization": f"Bearer {self.token}"} if path.startswith("/api/") else {}
        answer = self.client.get(
            path.format(**self.facts),
            headers=headers,
            # Whom a search is for is sealed into another address.
            follow_redirects=not path.startswith("/search"),
        )
        text = answer.get_data(as_text=answer.is_json or answer.mimetype == "text/html")
        seconds = self._used() - began
        assert answer.status_code in (200, 303), (path, answer.status_code)
        rows = len(ROW.findall(text)) if isinstance(text, str) else 0
        return Asked(seconds, self.statements, len(text), rows)

    def work(self, work: Callable[[], object]) -> float:
        """Processor seconds of what is done in the shop."""
        with self.client.application.app_context(), acting_as("bench"):
            began = self._used()
            work()
            return self._used() - began

    def _used(self) -> float:
        servers = (Path(f"/proc/{pid}/schedstat").read_text().split()[0] for pid in self.servers)
        return time.process_time() + sum(int(nanoseconds) for nanoseconds in servers) / 1e9


def measure(arguments: list[str]) -> None:
    asked = _arguments(arguments)
    guardian = Guardian(dict(os.environ))
    with tempfile.TemporaryDirectory(prefix="balcao-bench-") as folder:
        (Path(folder) / "redis").mkdir(mode=0o700)
        try:
            with (
                redis_server(Path(folder) / "redis", guardian) as redis_url,
                _server(asked, guardian) as server,
            ):
                shops = [
                    open_shop(asked, size, server, redis_url) for size in (SMALL, asked.orders)
                ]
                _compare(asked, *shops)
        finally:
            guardian.close()


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench scale")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", default="", help="addresses that begin so")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "balcao-scale")
    return parser.parse_args(arguments)


@contextmanager
def _server(asked: argparse.Namespace, guardian: Guardian) -> Iterator[Postgres | None]:
    asked.folder.mkdir(mode=0o755, exist_ok=True)
    if asked.database == "sqlite":
        yield None
        return
    home = asked.folder / "postgres"
    is_new = not home.exists()
    home.mkdir(mode=0o700, exist_ok=True)
    server = Postgres(home, guardian)
    if is_new:
        server.start()
    else:
        server.run()
    try:
        yield server
    finally:
        server.stop()


def open_shop(
    asked: argparse.Namespace, size: int, server: Postgres | None, redis_url: str
) -> BigShop:
    home = asked.folder / f"{asked.database}-{size}"
    env = {"DATA_DIR": str(home), "REDIS_URL": redis_url, "CEP_PROVIDERS": "sample"}
    is_new = not (home / "filled").exists()
    if server:
        env["DATABASE_URL"] = server.url(f"shop_{size}").replace("+psycopg", "")
        if is_new:
            server.execute(f"DROP DATABASE IF EXISTS shop_{size}")
            server.execute(f"CREATE DATABASE shop_{size}")
    elif is_new:
        for left_half in home.glob("balcao.sqlite3*"):
            left_half.unlink()
    _flask(env, "db", "upgrade")
    if is_new:
        _flask(env, "demo", "--scale", str(size))
        (home / "filled").touch()
    if server:
        server.vacuum(f"shop_{size}")
    app = create_app(Settings.from_env(env))
    app.logger.disabled = True
    # Whichever page comes first in some seconds asks how the house is: no page of its own does.
    troubles.KNOWN_SECONDS = 3600
    if size == SMALL:
        with app.app_context(), acting_as("manager@balcao.example"):
            _fill_queues()
    client = app.test_client()
    sign_in(client, "admin", locale="pt_BR", email=f"bench-{secrets.token_hex(4)}@example.com")
    with app.app_context():
        # As the sweeper does in a shop that runs.
        while keep_days():
            pass
        servers = [_server_process()] if server else []
        shop = BigShop(client, _facts(), make_token("admin"), servers)
        event.listen(db.engine, "before_cursor_execute", lambda *told: _count(shop, told[2]))
    return shop


def _fill_queues() -> None:
    """What is not there yet."""
    known = set(db.session.scalars(select(Sale.reference).where(Sale.reference.like("QUEUE-%"))))
    demo = {order["reference"]: order for order in orders(json.loads(SHOP.read_text()))}
    made = {}
    for place, like in enumerate((HELD, HELD, UNFOUND) * QUEUED):
        reference = f"QUEUE-{place:03d}"
        if reference not in known:
            made[place] = make_sale(**demo[like] | {"reference": reference}).id
            if like == UNFOUND:
                make_product(sku=reference, stock=0, low_stock=5)
    work_off()
    for place, sale_id in made.items():
        if place % 3 == 0:
            returned(sale_of(sale_id))
            db.session.commit()
    work_off()


def _flask(env: dict[str, str], *command: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *command],
        cwd=ROOT,
        env=os.environ | env,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _server_process() -> int:
    """Of the one connection that the pool hands out again and again."""
    driver: Any = db.session.connection().connection.driver_connection
    return int(driver.info.backend_pid)


def _count(shop: BigShop, statement: str) -> None:
    shop.statements += not statement.startswith(TOLD)


def _facts() -> dict[str, str]:
    """What the addresses name: of the middle of the shop, and of one story in either, so that the
    same is shown of it."""
    middle = (db.session.scalar(select(Sale.id).order_by(Sale.id.desc()).limit(1)) or 0) // 2
    note = db.session.scalars(
        select(Invoice)
        .join(Invoice.sale)
        .where(Sale.id >= middle, Sale.channel == ONE_STORY)
        .where(Invoice.status == InvoiceStatus.AUTHORIZED)
        .order_by(Sale.id)
        .limit(1)
    ).one()
    sale, customer = note.sale, db.session.get_one(Customer, note.sale.customer_id)
    return {
        "sale": str(sale.id),
        "invoice": str(note.id),
        "customer": str(customer.id),
        "reference": sale.reference,
        "document": customer.document,
        "phone": customer.phone,
        "name": customer.name.replace(" ", "+"),
        "key": note.access_key or "",
        "number": str(note.number),
        "month": f"{shop_day(note.issued_at):%Y-%m}",
        "none": "zzqqxx",
        "common": "silva",
        "short": "jo",
    }


def addresses(shop: BigShop) -> list[str]:
    """Every list with its tabs, filters and orders, what they are searched by, and single pages."""
    found = list(PAGES)
    for path in LISTS:
        page = shop.client.get(path).get_data(as_text=True)
        links = [unescape(link) for link in LINK.findall(page)]
        found += [path, *(link for link in links if link.startswith(f"{path}?"))]
    found += [f"{path}?q={{{word}}}" for path in SEARCHED for word in WORDS]
    return list(dict.fromkeys(found))


def _compare(asked: argparse.Namespace, small: BigShop, big: BigShop) -> None:
    told: list[tuple[float, float, str]] = []
    tell("address", "small ms  big ms  ratio  statements  rows")
    for path in addresses(small):
        if path.startswith(asked.only):
            less, more = _pair(path, small, big, asked.runs)
            seconds, mark = less.seconds, " "
            if less.rows < more.rows:
                whole = _pair(_full(path), small, small, 3)[0]
                is_full = whole.rows >= more.rows
                seconds, mark = (whole.seconds, "~") if is_full else (seconds, "-")
            ratio = more.seconds / seconds
            if mark != "-":
                told.append((ratio, more.seconds, path))
            figures = f"{seconds * 1000:8.1f} {more.seconds * 1000:7.1f} {ratio:6.2f}{mark} "
            figures += f"{less.statements} {more.statements}  {less.rows} {more.rows}"
            tell(path, figures)
    for path in FILES:
        if path.startswith(asked.only):
            _file(path, big)
    if not asked.only:
        _work(small, big)
    within = sum(ratio <= 1.3 for ratio, _seconds, _path in told)
    tell("ratio at most 1.3", f"{within} of {len(told)}")
    tell("the worst", "ratio  big ms")
    for ratio, more_seconds, path in sorted(told)[-15:]:
        tell(path, f"{ratio:5.2f} {more_seconds * 1000:7.1f}")


def _full(path: str) -> str:
    """The same list with as many rows as a page has: all, or of a search what many have."""
    page, _mark, asked = path.partition("?")
    return f"{page}?q={{common}}" if asked.startswith("q=") else page


def _work(small: BigShop, big: BigShop) -> None:
    """The sweeper's pass, and sales from the first step to the last."""
    for name, work in (("the sweeper's pass", sweep_once), ("a sale's whole way", _sell)):
        pairs = [(small.work(work), big.work(work)) for _run in range(5)]
        less, more = (median(pair[side] for pair in pairs) * 1000 for side in (0, 1))
        tell(name, f"{less:8.1f} {more:7.1f} {more / less:6.2f}")


def _sell() -> None:
    for _sale in range(SOLD_AT_ONCE):
        make_sale(sku="FI-0002", reference=f"BENCH-{secrets.token_hex(4)}")
    work_off()


def _pair(path: str, small: BigShop, big: BigShop, runs: int) -> tuple[Asked, Asked]:
    """The answer of either shop, each asked in its turn; the seconds are the median."""
    small.get(path), big.get(path)
    pairs = [(small.get(path), big.get(path)) for _run in range(runs)]
    less, more = (median(pair[side].seconds for pair in pairs) for side in (0, 1))
    return pairs[-1][0]._replace(seconds=less), pairs[-1][1]._replace(seconds=more)


def _file(path: str, shop: BigShop) -> None:
    answer = shop.get(path)
    told = f"{answer.seconds:.1f} s, {answer.length / 1e6:.1f} MB, {answer.statements} statements"
    tell(path, told)

"""A page asks the database few questions, whatever it shows.

There is no table to keep up: every address that is read by people is asked for in the demo shop,
whose records are in every state, once for each record that it can be about, and on the way through
searched lists.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from io import BytesIO
from itertools import product as combined
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine.interfaces import CacheStats

from tests.factories import make_cause, make_failing, sign_in, work_off
from tests.support.incoming_notes import a_file, take_in
from tests.support.processed_sales import counted
from webapp.attempts.models import FailureCause
from webapp.batches.models import ProductBatch
from webapp.bulk.models import BulkAct
from webapp.catalog.models import Product
from webapp.counting.models import Count
from webapp.customers.models import Agent, Customer, CustomerAddress
from webapp.demo.load import load_demo
from webapp.fulfilment.labels.models import Label
from webapp.fulfilment.memberships.models import Membership
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.tasks.models import Task
from webapp.http.signed_links import seal_link
from webapp.imports.models import Import
from webapp.incoming.models import IncomingNote
from webapp.invoice_pages import downloads
from webapp.invoices.models import Invoice, InvoiceEvent, Voiding
from webapp.messages import composition
from webapp.messages.models import Message
from webapp.monitor import troubles
from webapp.payments.models import Statement
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.rehearsals.models import Rehearsal
from webapp.rules.models import Backtest, RuleSetVersion
from webapp.rules.queries import rule_set_in_force
from webapp.sales.models import Sale
from webapp.staff.models import User
from webapp.store.models import Partner, SkippedNumbers
from webapp.sums.models import By
from webapp.views.models import ExportSchedule, View

MOST = 12
# What the database is told rather than asked.
TOLD = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")
# It shows what would happen by doing it and taking it back.
TRIES = "sales.cancellation"
# They are about as much as one asks for: how much they ask for each thousand rows is held by tests
# of their own.
FILES = ("sales.export", "views.export", "views.linked_file", "invoices.archive")
WALKED = ("/sales", "/invoices", "/customers", "/products")
SEARCHED = (*WALKED, "/packing-slips", "/search")
# What some orders in every state have, numbers of an NF-e, an order's code, and a product's name.
WORDS = ("a", "1", "WEB-2001", "NF-e 1", "caneca")
RECORDS: dict[str, Any] = {
    "user_id": User,
    "product_id": Product,
    "customer_id": Customer,
    "address_id": CustomerAddress,
    "agent_id": Agent,
    "partner_id": Partner,
    "statement_id": Statement,
    "sale_id": Sale,
    "invoice_id": Invoice,
    "import_id": Import,
    "batch_id": ProductBatch,
    "act_id": BulkAct,
    "note_id": IncomingNote,
    "event_id": InvoiceEvent,
    "voiding_id": Voiding,
    "skipped_id": SkippedNumbers,
    "backtest_id": Backtest,
    "rehearsal_id": Rehearsal,
    "count_id": Count,
    "version_id": RuleSetVersion,
    "slip_id": PackingSlip,
    "label_id": Label,
    "membership_id": Membership,
    "task_id": Task,
    "message_id": Message,
    "view_id": View,
    "schedule_id": ExportSchedule,
    "row_id": Sale,
    "cause_id": FailureCause,
}


def addresses(app, db):
    """Every address of a page, with each record that it may name."""
    known = {name: list(db.session.scalars(db.select(m.id))) for name, m in RECORDS.items()}
    known["token"] = [seal_link(composition.FILES, known["invoice_id"][0], utc_now())]
    known["kind"], known["name"], known["row_kind"] = ["products"], ["products"], ["sale"]
    known["queue"], known["part"], known["work"] = ["mail"], [1], ["retention"]
    known["code"] = [rule.code for rule in rule_set_in_force().rules][:3]
    for rule in app.url_map.iter_rules():
        about_people = "GET" in rule.methods and not rule.rule.startswith(("/api/", "/static/"))
        if about_people and rule.endpoint not in (TRIES, *FILES, "streams.events"):
            for values in combined(*(known[name] for name in sorted(rule.arguments))):
                yield rule.build(dict(zip(sorted(rule.arguments), values, strict=True)))[1]


@contextmanager
def compiled_anew() -> Iterator[list[str]]:
    """The statements of the block that are compiled each time, for a part that says nothing of
    itself."""
    anew: list[str] = []

    def note(*given: Any) -> None:
        statement, context = given[2], given[4]
        if context.compiled is not None and context.cache_hit is CacheStats.NO_CACHE_KEY:
            anew.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield anew
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_no_page_asks_more_than_a_few_questions(app, db, monkeypatch):
    # How much a page asks for is seen before it is printed, which takes a process for each.
    monkeypatch.setattr(downloads, "in_one_file", lambda _paper, _notes: BytesIO(b"%PDF-"))
    monkeypatch.setattr(downloads, "sheets_in_one_file", lambda _sheets: BytesIO(b"%PDF-"))
    # Whichever page comes first in some seconds asks how the house is: no page of its own does.
    monkeypatch.setattr(troubles, "KNOWN_SECONDS", 3600)
    load_demo()
    work_off()
    client, many = app.test_client(), {}
    sign_in(client, "admin")
    assert client.post("/fiscal-rehearsals", data={"day": "2030-01-01"}).status_code == 303
    assert client.post("/counts", data={"scope": "all"}).status_code == 303
    place = {"label": "Obra", "address.zip_code": "05010-000"}
    assert client.post("/customers/1/addresses", data=place).status_code == 303
    take_in(a_file())
    every = {"what": "price_percent", "price_percent": "5", "filter": "view=all"}
    assert client.post("/batches", data=every).status_code == 303
    assert client.post("/bulk", data={"act": "tag", "tag": "Natal"}).status_code == 303
    kept = {"listing": "products", "query": "view=low", "name": "Low"}
    assert client.post("/views", data=kept).status_code == 303
    assert client.post("/schedules", data=kept).status_code == 303
    client.post("/views/1/pin")
    db.session.add(Statement(name="extrato.ofx", methods=[]))
    make_failing(make_cause(), db.session.get(Sale, 1))
    db.session.commit()
    # What is known of views is read once for all pages.
    client.get("/views")
    with app.test_request_context():
        paths = [*addresses(app, db), *(f"/?by={by}" for by in By)]
        paths += [f"{path}?q={word}" for path in SEARCHED for word in WORDS]
    for path in [f"{path}?q={word}" for path in WALKED for word in WORDS]:
        ways = re.findall(r'href="([^"]+[?]walk=[^"]+)"', client.get(path).text)
        # At both ends, and in the middle.
        paths += map(unescape, dict.fromkeys(ways[at] for at in (0, len(ways) // 2, -1) if ways))
    for path in paths:
        with counted() as said, compiled_anew() as anew:
            answer = client.get(path, buffered=True)
        assert answer.status_code < 500, path
        assert not anew, path
        asked = [each for each in said if not each.startswith(TOLD)]
        if len(asked) > MOST:
            many[path] = len(asked)
    assert len(paths) > 200
    assert not many

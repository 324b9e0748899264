"""The orders that a big shop is made of: the demo's own, gone further on their way."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from webapp.audit.tracking import acting_as
from webapp.demo.load import SHOP, orders
from webapp.fulfilment.parcels.queries import slip_of_sale
from webapp.fulfilment.tasks.models import Task
from webapp.http.forms import parse
from webapp.invoices.queries import invoice_of
from webapp.messages.models import Message
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.processing.cancellation import cancel
from webapp.processing.forms import RefundIn
from webapp.processing.pipeline import owing_queues, work_off
from webapp.processing.refunds import refund
from webapp.processing.review import return_for_correction
from webapp.sales.forms import SaleIn
from webapp.sales.models import Sale
from webapp.sales.placing import create_sale_once
from webapp.sales.queries import sale_of

Verb = Callable[[Sale], None]


def packed(sale: Sale) -> None:
    _slip(sale).pack(utc_now())


def shipped(sale: Sale) -> None:
    _slip(sale).ship("Correios PAC", f"BR{sale.id:09d}BR", utc_now())


def delivered(sale: Sale) -> None:
    shipped(sale)
    _slip(sale).deliver(utc_now())
    mailed(sale)


def mailed(sale: Sale) -> None:
    for message in _messages(sale):
        message.send_again(utc_now())
        message.sent(utc_now())


def not_mailed(sale: Sale) -> None:
    for message in _messages(sale):
        message.send_again(utc_now())
        message.fail("MailRefused: mailbox does not exist")


def called_off(sale: Sale) -> None:
    cancel(sale, "Desistência do cliente")
    settled(sale)


def given_back(sale: Sale) -> None:
    delivered(sale)
    wanted = {"lines": [{"line": 1, "quantity": 1}], "reason": "Chegou com defeito"}
    refund(sale, parse(RefundIn, wanted), "demo")
    settled(sale)


def settled(sale: Sale) -> None:
    for task in db.session.scalars(select(Task).where(Task.sale_id == sale.id)):
        task.complete("Feito", utc_now())


def returned(sale: Sale) -> None:
    invoice = invoice_of(sale.id)
    assert invoice, "what waits for review has an NF-e"
    return_for_correction(invoice, "Fiscal Demo", "address", "Bairro de outra cidade")


def as_it_is(sale: Sale) -> None:
    return None


def _slip(sale: Sale) -> Any:
    slip = slip_of_sale(sale.id)
    assert slip, "goods that left have a packing slip"
    return slip


def _messages(sale: Sale) -> list[Message]:
    return list(db.session.scalars(select(Message).where(Message.sale_id == sale.id)))


@dataclass(frozen=True)
class Story:
    """An order like one of the demo's, and what happens to it once it is processed. How many of a
    thousand orders are like it: of those long done, and of the latest."""

    like: str
    then: Verb
    long_done: int
    latest: int
    changes: dict[str, Any] = field(default_factory=dict)


STORIES = (
    Story("WEB-2001", delivered, 320, 40),
    Story("WEB-2001", delivered, 90, 0, {"channel": "store", "payment_method": "debit_card"}),
    Story("WEB-2001", delivered, 40, 0, {"channel": "phone", "agent": None}),
    Story("WEB-2004", delivered, 230, 30),
    Story("WEB-2005", delivered, 160, 30),
    Story("B2B-2008", as_it_is, 0, 20),
    Story("B2B-2008", returned, 0, 10),
    Story("WEB-2006", mailed, 80, 80),
    Story("WEB-2007", settled, 20, 10),
    Story("WEB-2007", as_it_is, 0, 10),
    Story("WEB-2001", called_off, 35, 30),
    Story("WEB-2004", given_back, 23, 10),
    Story("WEB-2001", not_mailed, 0, 10),
    Story("WEB-2001", as_it_is, 0, 180),
    Story("WEB-2004", as_it_is, 0, 120),
    Story("WEB-2005", packed, 0, 100),
    Story("WEB-2004", shipped, 2, 200),
    Story("WEB-2009", as_it_is, 0, 60),
    Story("WEB-2002", as_it_is, 0, 40),
    Story("WEB-2003", as_it_is, 0, 20),
)


def tell() -> list[int]:
    """Makes an order of each story in the demo shop, through the verbs and steps of every day; the
    ids of their sales."""
    known = {sale["reference"]: sale for sale in orders(json.loads(SHOP.read_text()))}
    made = []
    for place, story in enumerate(STORIES):
        body = known[story.like] | story.changes | {"reference": f"MODELO-{place:03d}"}
        sale, _new = create_sale_once("demo", body["reference"], parse(SaleIn, body))
        made.append(sale.id)
        db.session.commit()
    _work_off()
    with acting_as("manager@balcao.example"):
        for sale_id, story in zip(made, STORIES, strict=True):
            story.then(sale_of(sale_id))
            db.session.commit()
    _work_off()
    return made


def _work_off() -> None:
    while queues := owing_queues():
        for queue in queues:
            work_off(queue)

"""People, products and sales for tests, made through the same verbs as in life. Each maker commits.

All but `sign_in`, `sale_body` and `api` want the `db` fixture: they work in the test's own app
context.
"""

import contextlib
import datetime as dt
import json
import secrets
import time
from decimal import Decimal

from flask import current_app, has_app_context
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import update

from tests.support import worlds
from webapp.attempts.models import Attempt, AttemptOutcome, FailingWork, FailureCause
from webapp.catalog.forms import ProductIn
from webapp.catalog.models import Product
from webapp.catalog.product_edits import add_product
from webapp.demo.load import SHOP
from webapp.http.forms import parse
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.processing.claims import by_turns
from webapp.processing.pipeline import WORKED, steps_of
from webapp.sales.forms import SaleIn
from webapp.sales.models import Sale
from webapp.sales.placing import create_sale
from webapp.staff.models import ApiToken, Role, User, UserSession
from webapp.store.queries import the_shop

CUSTOMER = {
    "name": "José da Conceição",
    "document": "111.444.777-35",
    "email": "jose@example.com",
    "phone": "19999990000",
}
# A CEP of the sample provider with street and district; the number is what nobody can look up.
ADDRESS = {"zip_code": "05010-000", "number": "100"}


def make_user(
    role: str = "clerk", email: str = "", name: str = "Ana Paula Reis", locale: str = "en"
) -> User:
    """A person who may sign in (by `sign_in`; the password is nobody's). Screens are in English."""
    user = User(
        email=email or f"{role}-{next(worlds.numbers)}@example.com",
        name=name,
        role=Role(role),
        active=True,
        locale=locale,
        password_hash="!",
    )
    db.session.add(user)
    db.session.commit()
    return user


def sign_in(client, role: str = "clerk", **facts) -> str:
    """Signs the client in as a new person of the role; answers their e-mail. Its POSTs carry the
    CSRF token from now on."""
    with contextlib.nullcontext() if has_app_context() else client.application.app_context():
        email, secret = _open_session(role, **facts)
    proof = secrets.token_hex(20)
    with client.session_transaction() as session:
        session["sid"], session["csrf_token"] = secret, proof
    signer = URLSafeTimedSerializer(client.application.secret_key, salt="wtf-csrf-token")
    client.environ_base["HTTP_X_CSRFTOKEN"] = signer.dumps(proof)
    return email


@worlds.step
def _open_session(role: str, **facts) -> tuple[str, str]:
    """Of a new person: their e-mail and the session's secret."""
    user = make_user(role, **facts)
    row, secret = UserSession.open(user)
    db.session.add(row)
    db.session.flush()
    sessions, email = UserSession.__table__, user.email
    own = {name: getattr(row, name) for name in ("id_hash", "created_at", "seen_at", "proved_at")}
    worlds.amend(update(sessions).where(sessions.c.user_id == user.id).values(own))
    # As the last of all: what is read after it would begin a transaction, which others wait for.
    db.session.commit()
    return email, secret


@worlds.step
def make_token(role: str = "clerk", name: str = "checkout") -> str:
    """The secret of a new API token."""
    token, secret = ApiToken.issue(name, Role(role))
    # A first use is noted, which later calls are not: tests count what a call costs.
    token.used_at = utc_now()
    db.session.add(token)
    db.session.flush()
    tokens = ApiToken.__table__
    own = {"secret_hash": token.secret_hash, "used_at": token.used_at}
    worlds.amend(update(tokens).where(tokens.c.id == token.id).values(own))
    db.session.commit()
    return secret


class Api:
    """Calls under /api/v1 with a token; `body` is sent as JSON, text as it is."""

    def __init__(self, client, token: str | None):
        self.client, self.headers = client, {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method: str, path: str, body=None, **headers: str):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, str | bytes | None) else json.dumps(body)
        return self.client.open(
            "/api/v1" + path,
            method=method,
            data=data,
            content_type="application/json",
            headers=self.headers | {"Accept-Language": "en"} | headers,
            buffered=True,
        )

    def get(self, path: str):
        return self.call("GET", path)

    def post(self, path: str, body=None, **headers: str):
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body):
        return self.call("PATCH", path, body)

    def delete(self, path: str):
        return self.call("DELETE", path)


def api(client, token: str | None) -> Api:
    return Api(client, token)


@worlds.step
def make_product(**facts) -> Product:
    """A physical product with 100 in stock, unless `facts` (of ProductIn) say otherwise."""
    number = next(worlds.numbers)
    kind = facts.get("kind", "physical")
    goods = (
        {"stock": 100, "ncm": "42029200", "weight_g": 500}
        if kind in ("physical", "book", "video")
        else {}
    )
    plan = {"plan": "basic"} if kind.startswith("membership") else {}
    known = {"sku": f"SKU-{number}", "name": f"Product {number}", "kind": kind, "price": "129.90"}
    product = add_product(parse(ProductIn, known | goods | plan | facts))
    db.session.commit()
    return product


def sale_body(sku: str = "BOOK-1", quantity: int = 1, **changes) -> dict:
    """The JSON of a paid sale of one line; `changes` replace whole fields."""
    return {
        "reference": "",
        "paid": True,
        "payment_method": "pix",
        "channel": "site",
        "freight": "0.00",
        "discount": "0.00",
        "customer": CUSTOMER,
        "address": ADDRESS,
        "lines": [{"sku": sku, "quantity": quantity}],
    } | changes


@worlds.step
def make_sale(**changes) -> Sale:
    """A sale as `sale_body` tells it, of a new product unless `sku` or `lines` name others."""
    if "sku" not in changes and "lines" not in changes:
        changes["sku"] = make_product().sku
    sale = create_sale(parse(SaleIn, sale_body(**changes)))
    db.session.commit()
    return sale


@worlds.step
def open_shop() -> None:
    """The shop as the demo's issuer, without which no NF-e can be built."""
    shop = the_shop()
    for name, value in json.loads(SHOP.read_text())["shop"].items():
        setattr(shop, name, value)
    db.session.commit()


def work_off() -> None:
    """Does in this process whatever background work is due, until nothing is; with a session of its
    own, as in life."""
    db.session.commit()
    here = worlds.world()
    if here and here.is_known():
        here.play(("worked off",), _work)
    else:
        _work()
    db.session.expire_all()


def _work() -> None:
    time.sleep(
        0.002
        # SQLite's clock tells whole milliseconds: what is owed from this very moment is due only
        # then
    )
    # Queue by queue along a sale's way: most of the time the second round finds nothing already.
    queues = dict.fromkeys(station.queue for station in WORKED)
    steps = tuple(step for queue in queues for step in steps_of(queue))
    with current_app._get_current_object().app_context():
        while any([turn.taken for turn in by_turns(steps)]):
            pass


def make_attempt(ended_at: dt.datetime, **facts) -> Attempt:
    """Of a step that was done at once."""
    usual = {
        "kind": "sale",
        "row_id": 1,
        "step": "address",
        "queue": "addresses",
        "outcome": AttemptOutcome.DONE,
        "began_at": ended_at,
        "waited_ms": 0,
        "took_ms": 0,
        "batch": 1,
        "worker": "worker-1",
    }
    attempt = Attempt(**usual | {"ended_at": ended_at} | facts)
    db.session.add(attempt)
    return attempt


def make_cause(**facts) -> FailureCause:
    """Of the address step, since a moment ago."""
    now, number = utc_now(), next(worlds.numbers)
    usual = {
        "fingerprint": f"cause-{number}",
        "queue": "addresses",
        "kind": "sale",
        "step": "address",
        "error": "no_provider",
        "count": 1,
        "first_at": now,
        "last_at": now,
    }
    cause = FailureCause(**usual | facts)
    db.session.add(cause)
    db.session.flush()
    return cause


def make_failing(cause: FailureCause, sale: Sale | None = None, **facts) -> FailingWork:
    """A row that waits for the cause, in its sums too; of `sale`, which counts with it."""
    total = sale.total if sale else Decimal(0)
    usual = {
        "kind": cause.kind,
        "row_id": sale.id if sale else next(worlds.numbers),
        "step": cause.step,
        "sale_id": sale.id if sale else None,
        "counts_order": sale is not None,
        "amount": total,
        "since": cause.first_at,
        "is_given_up": False,
    }
    work = FailingWork(cause_id=cause.id, **usual | facts)
    outcome = AttemptOutcome.GIVEN_UP if work.is_given_up else AttemptOutcome.FAILED
    about = {"kind": work.kind, "row_id": work.row_id, "step": work.step, "queue": cause.queue}
    told = {"cause_id": cause.id, "error": cause.error, "began_at": work.since}
    attempt = make_attempt(cause.last_at, sale_id=work.sale_id, outcome=outcome, **about | told)
    db.session.flush()
    work.attempt_id = attempt.id
    cause.waiting += 1
    cause.orders += work.counts_order
    cause.amount += work.amount
    db.session.add(work)
    return work

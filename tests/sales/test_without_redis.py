"""A sale is accepted at once while Redis is down or hangs; what it owes stands in the database."""

import os
import signal
import tempfile
import threading
import time
from pathlib import Path

import pytest

from tests import services
from tests.factories import api, make_product, make_token, sale_body, sign_in
from tests.support.timing import seconds_waited
from webapp.platform.queue import connect
from webapp.processing.pipeline import owing_queues


@pytest.fixture(params=["stopped", "paused"])
def bad_redis(request, app, folder, guardian):
    """The app's Redis is gone, or takes connections and never answers."""
    home = Path(tempfile.mkdtemp(dir=folder))
    kept = app.extensions["redis"]
    with services.redis_server(home, guardian) as url:
        app.extensions["redis"] = connect(url)
        pid = app.extensions["redis"].info("server")["process_id"]
        os.kill(pid, signal.SIGSTOP if request.param == "paused" else signal.SIGKILL)
        yield
        if request.param == "paused":
            os.kill(pid, signal.SIGCONT)
    app.extensions["redis"].close()
    app.extensions["redis"] = kept


def test_a_checkouts_sale_is_accepted_within_a_second(client, db, bad_redis):
    make_product(sku="BOOK-1")
    checkout = api(client, make_token())
    answers = []
    waited = seconds_waited(
        lambda: answers.append(checkout.post("/sales", sale_body(), Idempotency_Key="k"))
    )
    assert waited < 1
    assert answers[0].status_code == 201
    time.sleep(0.002)
    assert owing_queues() == ["addresses"]


def test_sales_at_once_do_not_wait_for_each_others_doorbells(app, db, bad_redis):
    make_product(sku="BOOK-1", stock=50)
    token, taken = make_token(), []

    def buy():
        checkout = api(app.test_client(), token)
        taken.append(seconds_waited(lambda: checkout.post("/sales", sale_body())))

    buyers = [threading.Thread(target=buy) for _ in range(6)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    assert len(taken) == 6 and max(taken) < 1.5


def test_a_clerks_sale_is_accepted_within_a_second(client, db, bad_redis):
    make_product(sku="BOOK-1")
    sign_in(client)
    form = {
        "customer.name": "José",
        "customer.document": "111.444.777-35",
        "address.zip_code": "05010000",
        "address.number": "7",
        "lines.0.sku": "BOOK-1",
        "lines.0.quantity": "1",
        "channel": "store",
        "payment_method": "pix",
        "paid": "1",
    }
    answers = []
    assert seconds_waited(lambda: answers.append(client.post("/sales", data=form))) < 1
    assert answers[0].status_code == 303

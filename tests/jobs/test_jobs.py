"""Workers run the shop's own doorbells and nothing else."""

import importlib

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from jobs.worker import ALLOWED, make_worker
from tests.factories import make_sale, open_shop
from webapp.platform.queue import QUEUES, connect
from webapp.sales.models import Status


@pytest.fixture
def connection(settings):
    with connect(settings.redis_url, timeout=5) as connection:
        yield connection


def _burst(app, connection):
    make_worker(app, list(QUEUES), connection).work(burst=True, logging_level="WARNING")


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_every_name_that_is_rung_exists(name):
    module, function = name.rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), function))


def test_a_sale_goes_its_way_through_real_jobs(app, db, connection):
    open_shop()
    sale = make_sale()
    _burst(app, connection)
    db.session.refresh(sale)
    assert sale.status is Status.INVOICED


@pytest.mark.parametrize(
    ("function", "arguments"), [("os.system", ["touch {file}"]), ("jobs.mail.work", ["surprise"])]
)
def test_a_strange_job_is_refused(app, connection, tmp_path, function, arguments):
    file = tmp_path / "ran"
    queue = Queue("mail", connection=connection, serializer=JSONSerializer)
    job = queue.enqueue(function, *(argument.format(file=file) for argument in arguments))
    _burst(app, connection)
    assert not file.exists()
    assert job.get_status(refresh=True) == "failed"
    assert "StrangeJob" in job.latest_result().exc_string

"""A worker of the test's own, and jobs that fail."""

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer

from jobs.worker import make_worker
from tests.factories import sign_in
from webapp.platform.queue import QUEUES


@pytest.fixture
def manager(client, db):
    return sign_in(client, "manager")


@pytest.fixture
def worker(app):
    with redis.Redis.from_url(app.extensions["settings"].redis_url) as connection:
        yield make_worker(app, list(QUEUES), connection)


@pytest.fixture
def failed_job(app, worker):
    """A doorbell that failed as a whole: it names a job that is not the shop's."""
    queue = Queue("rules", connection=worker.connection, serializer=JSONSerializer)
    job = queue.enqueue("jobs.rules.other")
    worker.work(burst=True)
    return job

"""The service of postal codes goes away: orders pile up, the alert rings, one cause shows what
waits for it; the service returns, all drains by itself, the alert resolves, the cause is folded."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text, update

from tests.factories import make_product, make_sale, open_shop, sign_in, work_off
from tests.support.postal_code_providers import FakeProviders, asking_viacep, forget_lookup
from webapp.alerts.looking import look
from webapp.alerts.models import Alert
from webapp.attempts.models import Attempt, AttemptOutcome, FailingWork, FailureCause
from webapp.notifications.models import Notification
from webapp.platform.clock import utc_now
from webapp.sales.models import Sale, Status
from webapp.store.queries import the_shop

ORDERS = 40


@pytest.fixture
def fake():
    with FakeProviders() as fake:
        yield fake


@pytest.fixture
def settings(base_settings, database_url, fake):
    return asking_viacep(replace(base_settings, database_url=database_url), fake)


@pytest.fixture(autouse=True)
def fresh_lookup(app):
    yield
    forget_lookup(app)


def try_again(app, db) -> None:
    """The next try of all that waits is now, and the service is asked again."""
    forget_lookup(app)
    db.session.execute(update(Sale).where(Sale.due_at.is_not(None)).values(due_at=utc_now()))
    db.session.execute(text("UPDATE postal_providers SET rests_until = NULL"))
    work_off()


def test_a_service_goes_away_and_comes_back(app, client, db, fake):
    open_shop()
    shop = the_shop()
    # No worker runs in a test: that alone is not told.
    shop.alert_limits = {"piled_up": ORDERS, "worker": None, "sweeper": None}
    sign_in(client, "manager", email="ana@example.com")
    fake.refuse()
    sku = make_product(stock=ORDERS, price=Decimal("41.50")).sku
    address = {"zip_code": "05010-000", "number": "741"}
    sales = [make_sale(sku=sku, address=address) for _ in range(ORDERS)]
    money = sum((sale.total for sale in sales), Decimal(0))
    for _ in range(3):
        try_again(app, db)

    (cause,) = db.session.scalars(select(FailureCause))
    assert (cause.waiting, cause.orders, cause.amount) == (ORDERS, ORDERS, money)
    # Three tries in vain of each order are one row of it.
    counted = select(func.count(), func.min(Attempt.times), func.max(Attempt.times))
    assert db.session.execute(counted).one() == (ORDERS, 3, 3)
    page = client.get("/jobs").text
    assert f'id="cause-{cause.id}"' in page and f"{ORDERS} orders, R$" in page
    now = utc_now()
    for later in (0, 30):
        look(now + dt.timedelta(seconds=later))
    (alert,) = db.session.scalars(select(Alert).where(Alert.kind == "piled_up"))
    assert (alert.subject, alert.latest, alert.resolved_at) == ("addresses", ORDERS, None)
    assert db.session.scalar(select(func.count()).select_from(Notification)) == 1
    assert f'id="alert-{alert.id}" data-status="open"' in client.get("/alerts").text

    fake.listen()
    # One order's own try finds it back; the others do not wait for theirs.
    forget_lookup(app)
    db.session.execute(update(Sale).where(Sale.id == sales[7].id).values(due_at=utc_now()))
    db.session.execute(text("UPDATE postal_providers SET rests_until = NULL"))
    work_off()
    assert {sale.status for sale in sales} == {Status.INVOICED}
    assert db.session.scalar(select(FailingWork.id)) is None
    db.session.refresh(cause)
    assert (cause.waiting, cause.orders, cause.amount, cause.healed) == (0, 0, 0, ORDERS)
    for later in (60, 90, 150):
        look(now + dt.timedelta(seconds=later))
    db.session.refresh(alert)
    assert alert.resolved_at == now + dt.timedelta(seconds=60)
    assert f'id="alert-{alert.id}" data-status="resolved"' in client.get("/alerts").text
    page = client.get("/jobs").text
    assert f'id="cause-{cause.id}"' not in page and 'id="healed-causes"' in page
    tries = select(Attempt.outcome).where(Attempt.row_id == sales[0].id, Attempt.kind == "sale")
    done = [AttemptOutcome.DONE] * 3
    assert list(db.session.scalars(tries.order_by(Attempt.id))) == [AttemptOutcome.WAITED, *done]
    assert ">Done<" in client.get(f"/jobs/work/sale/{sales[0].id}").text

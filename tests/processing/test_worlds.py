"""What tests begin with alike is worked off once: only where it is alike, and as if just made."""

import datetime as dt

import pytest

from tests.factories import make_sale, make_token, open_shop, sign_in, work_off
from tests.support.processed_sales import book
from tests.support.worlds import step
from webapp.platform.clock import utc_now
from webapp.sales.models import Sale, Status


@pytest.fixture
def afresh(app, db, sqlite_database, worlds):
    """Begins the test anew, on an empty database."""

    def afresh() -> None:
        db.session.remove()
        db.engine.dispose()
        sqlite_database.fresh()
        worlds.begin(app)

    return afresh


def a_sale(db) -> Sale:
    open_shop()
    sale_id = make_sale(sku=book(price="77.70")).id
    work_off()
    return db.session.get_one(Sale, sale_id)


def test_what_began_alike_is_brought_back_and_goes_on(db, app, afresh):
    moments = []
    for _time in range(2):
        client, token = app.test_client(), make_token()
        sign_in(client)
        sale = a_sale(db)
        moments.append(sale.created_at)
        assert sale.status is Status.INVOICED
        assert client.get(f"/sales/{sale.id}").status_code == 200
        answer = client.get(
            f"/api/v1/sales/{sale.id}", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 200
        assert make_sale().id == sale.id + 1
        afresh()
    assert moments[0] == moments[1]


def renamed(db, _monkeypatch) -> None:
    make_sale().customer.name = "Ana"
    db.session.commit()


def replaced(_db, monkeypatch) -> None:
    monkeypatch.setenv("BALCAO_OTHERWISE", "1")


@pytest.mark.parametrize("otherwise", [renamed, replaced])
def test_what_is_otherwise_is_made(db, monkeypatch, afresh, otherwise):
    a_sale(db)
    afresh()
    begun = utc_now()
    otherwise(db, monkeypatch)
    assert a_sale(db).created_at >= begun


def test_what_is_still_owed_is_not_brought_back(db, afresh):
    """A sale whose turn comes later may have had it by the time that it is brought back."""

    @step
    def make_late() -> None:
        make_sale().retry(utc_now() + dt.timedelta(hours=1), "")
        db.session.commit()

    for _time in range(2):
        begun = utc_now()
        make_late()
        work_off()
        assert db.session.scalars(db.select(Sale)).one().created_at >= begun
        afresh()

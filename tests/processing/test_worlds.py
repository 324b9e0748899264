"""What tests begin with alike is worked off once: only where it is alike, and as if just made."""

import datetime as dt

import pytest

from tests.factories import make_product, make_sale, make_token, open_shop, sign_in, work_off
from tests.support.processed_sales import book
from tests.support.worlds import scene, step
from webapp.platform.clock import utc_now
from webapp.sales.models import Sale, Status
from webapp.store.queries import the_shop


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
    the_shop().name = "Another"
    db.session.commit()


def flushed(db, _monkeypatch) -> None:
    the_shop().name = "Another"
    db.session.flush()


def changed(_db, _monkeypatch) -> None:
    the_shop().name = "Another"


def replaced(_db, monkeypatch) -> None:
    monkeypatch.setenv("BALCAO_OTHERWISE", "1")


@pytest.mark.parametrize("otherwise", [renamed, flushed, changed, replaced])
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


@scene
def two_sold(price: str) -> tuple[int, int]:
    open_shop()
    sku = book(price=price)
    ids = make_sale(sku=sku).id, make_sale(sku=sku).id
    work_off()
    return ids


def test_a_scene_answers_alike_and_what_follows_has_its_own_numbers(db, afresh):
    met = []
    for _time in range(2):
        make_token()
        ids = two_sold("55.50")
        sales = [db.session.get_one(Sale, sale_id) for sale_id in ids]
        assert all(sale.status is Status.INVOICED for sale in sales)
        met.append((sales[0].created_at, make_product().sku, make_sale().id))
        afresh()
    assert met[0] == met[1]
    begun = utc_now()
    [first, _second] = two_sold("66.60")
    assert db.session.get_one(Sale, first).created_at >= begun, "it was asked for otherwise"


def test_what_is_left_unsaid_in_a_scene_comes_back_too(db, afresh):
    """A change that no step tells of is the scene's own; beside one it is none's."""

    @scene
    def renamed_and_sold() -> int:
        open_shop()
        sale = make_sale()
        sale.customer.name = "Ana"
        db.session.commit()
        sale_id = sale.id
        work_off()
        return sale_id

    moments = []
    for _time in range(2):
        sale = db.session.get_one(Sale, renamed_and_sold())
        assert (sale.customer.name, sale.status) == ("Ana", Status.INVOICED)
        moments.append(sale.created_at)
        afresh()
    assert moments[0] == moments[1]

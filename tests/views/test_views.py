"""Filters of a list under a name: one's own, shared, in the menu with their count."""

import re

from tests.factories import Api, make_product, make_sale, make_token, make_user, sign_in
from tests.support.processed_sales import counted
from webapp.staff.models import User
from webapp.views import entries
from webapp.views.models import View


def keep(client, listing: str, query: str, name: str, **more):
    form = {"listing": listing, "query": query, "name": name, **more}
    return client.post("/views", data=form)


def the_view(db, name: str) -> View:
    return db.session.scalars(db.select(View).where(View.name == name)).one()


def pinned_count(page: str, name: str) -> str | None:
    found = re.search(rf'title="{name}".*?</a>', page, re.DOTALL)
    count = found and re.search(r'side-count"[^>]*>\s*<span>([^<]+)', found[0])
    return count[1] if count else None


def test_a_view_leads_to_the_list_as_it_was_and_counts_in_the_menu(client, db):
    sign_in(client)
    for name, price in (("Alpha", "30.00"), ("Beta", "20.00"), ("Delta", "10.00")):
        make_product(name=name, price=price)
    make_product(name="Gamma", kind="ebook")
    kept = keep(client, "products", "kind=physical&sort=price&after=abc&nonsense=1", "Alphas")
    view = the_view(db, "Alphas")
    assert kept.status_code == 303 and view.query == {"kind": "physical", "sort": "price"}
    led = client.get(f"/views/{view.id}")
    assert led.status_code == 302 and led.location == "/products?kind=physical&sort=price"
    assert f"/views/{view.id}" in client.post("/search/hits", data={"q": "alph"}).text
    assert client.post(f"/views/{view.id}/pin").status_code == 303
    page = client.get("/products?kind=physical&sort=price").text
    assert pinned_count(page, "Alphas") == "3"
    assert 'aria-current="page"' in re.search(r'<a[^>]*title="Alphas"[^>]*>', page)[0]
    client.post(f"/views/{view.id}/unpinning")
    assert 'title="Alphas"' not in client.get("/products").text


def test_a_view_that_searches_counts_a_few_and_searches_once_a_minute(client, db, monkeypatch):
    monkeypatch.setattr(entries, "MOST_SEARCHED", 2)
    sign_in(client)
    for name in ("Alpha", "Alpha two", "Alpha three", "Beta"):
        make_product(name=name)
    for name, query in (("Many", "q=alpha"), ("One", "q=beta"), ("None", "q=omega")):
        keep(client, "products", query, name)
        client.post(f"/views/{the_view(db, name).id}/pin")
    page = client.get("/tasks").text
    assert [pinned_count(page, name) for name in ("Many", "One", "None")] == ["2+", "1", None]
    keep(client, "products", "q=three", "Many")
    with counted() as said:
        page = client.get("/tasks").text
    assert pinned_count(page, "Many") == "1"
    assert [statement for statement in said if "products_search" in statement]
    with counted() as said:
        client.get("/tasks")
    assert not [statement for statement in said if "products_search" in statement]


def test_the_menu_asks_one_statement_more_for_its_views_however_many(client, db):
    sign_in(client)
    make_product()

    def asked() -> int:
        client.get("/tasks")
        with counted() as said:
            client.get("/tasks")
        return len(said)

    before = asked()
    for number in range(8):
        keep(client, "products", "view=low", f"V{number}")
        client.post(f"/views/{the_view(db, f'V{number}').id}/pin")
    assert asked() == before
    keep(client, "products", "", "One more")
    client.post(f"/views/{the_view(db, 'One more').id}/pin")
    assert not the_view(db, "One more").pinned


def test_the_same_name_takes_the_place_of_the_former(client, db):
    sign_in(client)
    keep(client, "products", "q=one", "Mine")
    keep(client, "products", "q=two", "Mine")
    assert the_view(db, "Mine").query == {"q": "two"}
    assert client.post("/views", data={"listing": "products", "name": ""}).status_code == 422
    assert keep(client, "products", "kind=none", "Wrong").status_code == 422


def test_managers_share_and_clerks_use(app, db):
    manager, clerk = app.test_client(), app.test_client()
    sign_in(manager, "manager")
    sign_in(clerk)
    keep(manager, "products", "view=low", "Low", shared="1")
    keep(manager, "commissions", "", "Commissions of mine", shared="1")
    keep(clerk, "products", "view=low", "Cannot share", shared="1")
    view, closed = the_view(db, "Low"), the_view(db, "Commissions of mine")
    assert view.shared and not the_view(db, "Cannot share").shared
    assert clerk.get(f"/views/{view.id}").location == "/products?view=low"
    program = Api(app.test_client(), make_token())
    known = {"id": view.id, "listing": "products", "name": "Low", "query": {"view": "low"}}
    assert program.get("/views").json == {"items": [known]}
    assert program.post("/views", known).status_code == 403
    # What a role may not open is not there for it; what is another's is not changed.
    page = clerk.get("/views").text
    assert "Low" in page and "Commissions of mine" not in page
    assert clerk.get(f"/views/{closed.id}").status_code == 404
    assert keep(clerk, "commissions", "", "Closed").status_code == 422
    clerk.post(f"/views/{view.id}/deletion")
    assert clerk.post(f"/views/{view.id}/sharing").status_code == 403
    mine = the_view(db, "Cannot share")
    assert manager.get(f"/views/{mine.id}").status_code == 404
    assert the_view(db, "Low").shared


def test_a_program_shares_a_view_and_deletes_it(client, db):
    asked = {"listing": "products", "name": "Low", "query": {"view": "low", "sort": "-price"}}
    program = Api(client, make_token("manager"))
    assert program.post("/views", asked).status_code == 409
    make_user("admin")
    view = program.post("/views", asked)
    assert view.status_code == 201 and view.json == {"id": view.json["id"], **asked}
    # Said twice it is one; a same name takes its place.
    again = program.post("/views", asked | {"query": {"kind": "book"}}).json
    assert program.get("/views").json == {"items": [again]} and again["id"] == view.json["id"]
    for wrong, field in (({"kind": "none"}, "kind"), ({"channel": "site"}, "channel")):
        refused = program.post("/views", asked | {"query": wrong})
        assert [error["field"] for error in refused.json["errors"]] == [field]
    assert program.post("/views", asked | {"listing": "none"}).status_code == 404
    assert program.delete(f"/views/{again['id']}").status_code == 204
    assert program.delete(f"/views/{again['id']}").status_code == 404
    assert program.get("/views").json == {"items": []}


def test_a_filter_that_is_known_no_more_leads_to_the_list_with_a_word(client, db):
    email = sign_in(client)
    owner = db.session.scalars(db.select(User).where(User.email == email)).one()
    tampered = {"kind": "none", "sort": "nothing"}
    view = View(owner_id=owner.id, listing="products", name="Old", query=tampered, pinned=True)
    db.session.add(view)
    db.session.commit()
    assert pinned_count(client.get("/products").text, "Old") is None
    led = client.get(f"/views/{view.id}", follow_redirects=True)
    assert led.status_code == 200 and "any more" in led.text and led.request.path == "/products"


def test_a_view_of_a_person_tells_nobody_whom_in_its_address(client, db):
    sign_in(client)
    make_sale()
    keep(client, "customers", "q=jose%40example.com", "José")
    view = the_view(db, "José")
    assert "q=~" in client.get(f"/views/{view.id}").location
    client.post(f"/views/{view.id}", data={"name": "The buyer"})
    db.session.refresh(view)
    assert view.name == "The buyer"
    view_id = view.id
    client.post(f"/views/{view_id}/deletion")
    assert client.get(f"/views/{view_id}").status_code == 404

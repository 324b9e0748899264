"""What the palette offers while one types: pages and commands by role, the one thing meant, what
fits."""

import re

import pytest
from sqlalchemy import event

from tests.factories import make_product, make_sale, open_shop, sign_in, work_off

HREF = re.compile(r'role="option"[^>]*?href="([^"]+)"', re.DOTALL)


def offered(client, q: str) -> list[str]:
    """The addresses of the options, in their order."""
    answer = client.post("/search/hits", data={"q": q})
    assert answer.status_code == 200
    return HREF.findall(answer.text)


def test_blank_it_offers_commands_and_pages_by_role(client, db):
    sign_in(client, "clerk")
    clerk = offered(client, "")
    assert clerk[:3] == ["/sales/new", "/products/new", "/customers/new"]
    assert "/sales" in clerk and "/rules/new" not in clerk and "/audit" not in clerk
    sign_in(client, "admin")
    assert {"/rules/new", "/audit", "/staff/new"} <= set(offered(client, ""))
    sign_in(client, "accountant")
    accountant = offered(client, "")
    assert "/invoices" in accountant and "/sales/export.csv" in accountant
    assert not {"/sales/new", "/products", "/customers"} & set(accountant)


@pytest.mark.parametrize(
    ("locale", "typed"), [("en", "new ord"), ("en", "ORDER new"), ("pt_BR", "novo ped")]
)
def test_a_command_is_found_by_the_beginnings_of_its_words(client, db, locale, typed):
    sign_in(client, "clerk", locale=locale)
    assert offered(client, typed)[0] == "/sales/new"
    assert offered(client, "ewor") == []


def test_an_act_of_the_page_is_offered_as_a_button(client, db):
    sign_in(client, "clerk")
    page = client.post("/search/hits", data={"q": "dark"}).text
    assert 'data-press="[data-theme-button]"' in page


@pytest.mark.both_databases
def test_what_fits_comes_in_groups_and_the_one_thing_meant_first(client, db):
    open_shop()
    sale = make_sale(reference="WEB-77")
    make_product(name="Conceição guide")
    work_off()
    sign_in(client)
    found = offered(client, "conceicao")
    kinds = [href.split("/")[1] for href in found]
    assert kinds == ["sales", "invoices", "customers", "products"]
    assert offered(client, "WEB-77")[0] == f"/sales/{sale.id}"
    assert offered(client, "WEB-77").count(f"/sales/{sale.id}") == 1
    page = client.post("/search/hits", data={"q": "conceicao"}).text
    assert "111.444.777-35" not in page and 'data-found-for="conceicao"' in page


def test_more_than_a_few_lead_to_their_list(client, db):
    for number in range(6):
        make_product(name=f"Snow glasses {number}")
    sign_in(client)
    assert offered(client, "snow")[-1] == "/products?q=snow"


@pytest.mark.parametrize("q", ["%", "_", "\\", "<script>alert(1)</script>", "\0", "x" * 5000])
def test_whatever_is_typed_is_answered(client, db, q):
    sign_in(client)
    page = client.post("/search/hits", data={"q": q}).text
    assert 'id="palette-found"' in page and "<script>alert" not in page


def test_it_takes_no_turn_to_write_and_few_statements(client, db):
    """It is asked at every pause of the fingers."""
    make_sale()
    sign_in(client)
    said: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    lines = client.application.extensions["sqlalchemy"].engine
    turns: list[bool] = []
    event.listen(
        lines, "begin", lambda connection: turns.append(bool(connection.info.get("writing")))
    )
    offered(client, "conceicao")
    assert turns and not any(turns)
    assert len(said) <= 16, said


def test_two_letters_ask_no_list(client, db):
    make_sale(reference="B7")
    make_sale(reference="B71")
    sign_in(client)
    found = offered(client, "B7")
    assert len(found) == 1 and found[0].startswith("/sales/")


def test_what_was_opened_lately_comes_first_if_it_is_there_and_open_to_the_person(client, db):
    sale = make_sale(reference="WEB-77")
    product = make_product(name="Snow glasses")
    others = "/sales/9999 /audit/1 //x %% /sales/77777777777"
    lately = f"/products/{product.id} /sales/{sale.id} {others}"

    def recent(q: str) -> list[str]:
        answer = client.post("/search/hits", data={"q": q, "recent": lately})
        group = re.search(r'id="palette-recent".*?</div>.*?</div>', answer.text, re.DOTALL)
        return HREF.findall(group[0]) if group else []

    sign_in(client, "clerk")
    assert recent("") == [f"/products/{product.id}", f"/sales/{sale.id}"]
    assert recent("snow gla") == [f"/products/{product.id}"]
    assert offered(client, "snow gla") == [f"/products/{product.id}"]
    assert recent("nothing") == []
    sign_in(client, "accountant")
    assert recent("") == [f"/sales/{sale.id}"]

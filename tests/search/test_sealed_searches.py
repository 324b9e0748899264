"""Whom a search is for stands in no address: neither the one that a form leads to, nor a link of
the page that answers, nor what a stranger is sent to sign in for."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories import api, make_sale, make_token, sign_in
from webapp.http.sealing import MARK

# A field that is posted, like that of "keep this view", is none.
ADDRESSES = re.compile(r'(?:href|src|action|hx-[a-z-]+|data-live-[a-z]+)="([^"]*)"')
PERSONAL = ["111.444.777-35", "11144477735", "jose@example.com", "(19) 99999-0000", "99999-0000"]
OTHERS = ["José da Conceição", "mochila", "WEB-2004", "05010-000", "1-000004", "3" * 44]
LISTS = ["/sales", "/customers", "/search", "/invoices", "/memberships", "/messages", "/tasks"]
BUYER = "José da Conceição"


def asked_for(client, to: str, q: str, **more: str) -> str:
    """Where the form of a list leads."""
    answer = client.post("/find", data={"to": to, "q": q} | more)
    assert answer.status_code == 303
    return answer.location


@pytest.mark.parametrize("q", PERSONAL)
def test_a_person_is_found_by_an_address_that_does_not_tell_them(client, db, q):
    make_sale()
    sign_in(client, "reviewer")
    for to in ("/customers", "/sales"):
        address = asked_for(client, to, q)
        page = client.get(address)

        assert urlsplit(address).path == to and parse_qs(urlsplit(address).query)["q"][0][0] == MARK
        assert q not in address and BUYER in page.text, to
        assert f'value="{q}"' in page.text, "the field still tells what is asked for"
        told = " ".join(ADDRESSES.findall(page.text))
        assert "q=%7E" in told or "q=~" in told
        assert f"q={q}" not in told and f"q={q.replace('@', '%40')}" not in told


@pytest.mark.parametrize("q", OTHERS)
def test_what_tells_nobody_stays_readable_and_can_be_shared(client, db, q):
    sign_in(client)
    assert parse_qs(urlsplit(asked_for(client, "/sales", q)).query) == {"q": [q]}
    assert client.get("/sales", query_string={"q": q}).status_code == 200


def test_the_other_filters_stay_beside_it(client, db):
    make_sale()
    sign_in(client)
    address = asked_for(client, "/sales", PERSONAL[0], status="attention", since="", sort="when")
    query = parse_qs(urlsplit(address).query)

    assert (query["status"], query["sort"], "since" in query) == (["attention"], ["when"], False)
    page = client.get(asked_for(client, "/sales", PERSONAL[0], status="address")).text
    assert "q=%7E" in page or "q=~" in page, "a chip or a tab forgets what is asked for"


@pytest.mark.parametrize("to", LISTS)
def test_an_address_that_was_typed_is_left_at_once(client, db, to):
    sign_in(client, "admin")
    answer = client.get(to, query_string={"q": PERSONAL[0], "status": ""})

    assert answer.status_code == 302 and PERSONAL[0] not in answer.location
    assert client.get(answer.location).status_code == 200


def test_a_stranger_is_sent_to_sign_in_for_a_sealed_one(client, db):
    sealed = client.get("/customers?q=jose%40example.com").location
    to_sign_in = client.get(sealed).location

    assert urlsplit(to_sign_in).path == "/login" and parse_qs(urlsplit(to_sign_in).query)["next"]
    assert "jose" not in sealed + to_sign_in


def test_a_person_of_the_staff_is_named_in_no_link_to_the_audit(client, db):
    email = sign_in(client, "admin")
    page = client.get("/audit").text + client.get("/staff").text

    assert f"q={email}" not in page and email.replace("@", "%40") not in page
    assert email in client.get(asked_for(client, "/audit", email)).text


@pytest.mark.parametrize("broken", [MARK, MARK + "abc", MARK + "ç", MARK + "A" * 120])
def test_what_no_shop_of_ours_has_sealed_asks_for_nothing(client, db, broken):
    sign_in(client)
    answer = client.get("/sales", query_string={"q": broken, "status": "open"})

    assert (answer.status_code, answer.location) == (302, "/sales?status=open")


def test_the_search_box_leads_to_the_one_who_has_the_document(client, db):
    sale = make_sale()
    sign_in(client)
    found = client.get(asked_for(client, "/search", "111.444.777-35"))

    assert (found.status_code, found.location) == (303, f"/customers/{sale.customer_id}")


def test_programs_ask_as_ever(client, db):
    make_sale()
    found = api(client, make_token()).get("/sales?q=111.444.777-35").json["items"]

    assert [sale["customer"]["name"] for sale in found] == [BUYER]


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "", "/\\evil.example"])
def test_a_search_leads_nowhere_else(client, db, to):
    sign_in(client)
    assert asked_for(client, to, "mochila").startswith("/search?")

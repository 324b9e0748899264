"""What the settings change about signing in: the demo's people, and cookies over https."""

from dataclasses import replace

import pytest
from flask import request

from webapp import create_app
from webapp.staff.passwords import DEMO_USERS

SHOP = "https://shop.example"


@pytest.fixture
def settings(settings):
    return replace(settings, demo=True, public_url=SHOP)


def test_in_the_demo_the_sign_in_page_offers_its_people(client):
    page = client.get("/login", base_url=SHOP).text

    assert all(f"{role}@balcao.example" in page for role in DEMO_USERS)


def test_over_https_the_cookie_is_bound_to_this_host_and_to_https(client):
    answer = client.get("/login", base_url=SHOP)
    cookie = answer.headers["Set-Cookie"]

    assert cookie.startswith("__Host-balcao=") and "Domain" not in cookie
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", (
        "the shop may be only one host of its domain"
    )


def test_only_where_it_is_said_are_all_hosts_of_the_domain_held_to_https(settings):
    app = create_app(replace(settings, hsts_subdomains=True))
    answer = app.test_client().get("/healthz")

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def forwarded(settings, proxies: int) -> str:
    """Who asks, as the shop takes it, when the last proxy says 198.51.100.9."""
    app = create_app(replace(settings, proxies=proxies))
    seen = []
    app.before_request(lambda: seen.append(request.remote_addr))
    app.test_client().get(
        "/healthz",
        environ_base={"REMOTE_ADDR": "192.0.2.1"},
        headers={"X-Forwarded-For": "203.0.113.66, 198.51.100.9"},
    )
    return seen[0]


def test_what_is_said_of_an_address_is_believed_of_as_many_proxies_as_are_set(settings):
    assert forwarded(settings, 0) == "192.0.2.1", "https does not mean that there is a proxy"
    assert forwarded(settings, 1) == "198.51.100.9"


def test_over_https_a_form_sent_from_another_site_is_refused(client):
    page = client.get("/login", base_url=SHOP)
    token = page.text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    form = {"csrf_token": token, "email": "clerk@balcao.example", "password": "x"}

    for referrer, status in (("https://evil.example/", 400), (f"{SHOP}/login", 422)):
        answer = client.post("/login", base_url=SHOP, data=form, headers={"Referer": referrer})
        assert answer.status_code == status

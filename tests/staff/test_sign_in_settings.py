"""What the settings change about signing in: the demo's people, and cookies over https."""

from dataclasses import replace

import pytest

from webapp.staff.pages.sign_in import DEMO_USERS

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
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_over_https_a_form_sent_from_another_site_is_refused(client):
    page = client.get("/login", base_url=SHOP)
    token = page.text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    form = {"csrf_token": token, "email": "clerk@balcao.example", "password": "x"}

    for referrer, status in (("https://evil.example/", 400), (f"{SHOP}/login", 422)):
        answer = client.post("/login", base_url=SHOP, data=form, headers={"Referer": referrer})
        assert answer.status_code == status

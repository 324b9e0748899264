"""A page that cannot be shown tells it in words, shows the way on, and bears the number by which
support finds it in the log."""

import html
import re

from tests.factories import sign_in

NUMBER = re.compile(r"[0-9A-F]{4}-[0-9A-F]{4}")


def error_of(page: str) -> str:
    return html.unescape(page).split('class="error-page"')[1].split("</main>")[0]


def test_a_stranger_at_an_address_that_does_not_exist_is_led_to_signing_in(client, db):
    answer = client.get("/nowhere", headers={"Accept-Language": "pt-BR"})
    error = error_of(answer.text)
    assert answer.status_code == 404
    assert "Não há nada aqui" in error and 'href="/login"' in error and "Entrar" in error
    assert 'class="side-bar"' not in answer.text and not NUMBER.search(error)


def test_the_staff_keep_their_menus_a_search_and_a_number_for_support(client, db, caplog):
    sign_in(client, "clerk")
    for address in ("/nowhere", "/sales/999"):
        page = client.get(address).text
        error = error_of(page)
        assert 'class="side-bar"' in page and 'action="/find"' in error and 'href="/"' in error
        assert NUMBER.search(error)[0] in caplog.text, address
    assert "/nowhere" not in caplog.text


def test_who_may_not_open_a_page_is_told_so_with_a_number_and_a_line_in_the_log(client, db, caplog):
    sign_in(client, "clerk")
    answer = client.get("/settings")
    error = error_of(answer.text)
    assert answer.status_code == 403 and "You don't have access to this page" in error
    number = NUMBER.search(error)[0]
    line = next(line for line in caplog.text.splitlines() if number in line)
    assert "403" in line and "store.settings_page" in line and "@example.com" not in line


def test_a_shop_for_tests_says_so_beside_the_search_and_on_paper(client, db):
    sign_in(client, "clerk")
    page = html.unescape(client.get("/customers").text)
    bar = page.split('class="top-bar-end"')[1].split("</header>")[0]
    assert "Test environment" in bar and "documents without fiscal value" in bar
    band = re.sub("<[^>]+>", "", page.split('class="environment-band"')[1].split("</aside>")[0])
    assert " ".join(band.split()).endswith(
        "Test environment · simulated SEFAZ · documents without fiscal value"
    )

"""What ends while somebody works (the session, the connection, the form's token, a look-up in
another page) takes nothing that was typed and is told in true words."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_errand import sign_in

LIVE = "Ao vivo"


@pytest.fixture
def clerk(browser, live_shop):
    context = browser.new_context(base_url=live_shop.url, locale="pt-BR")
    page = context.new_page()
    sign_in(page, "clerk")
    yield page
    context.close()


def state(page):
    return page.locator("#live-state")


def test_after_back_messages_and_the_live_sign_are_seen(clerk):
    complaints = []
    clerk.on("pageerror", lambda error: complaints.append(str(error)))
    clerk.goto("/products")
    for text in ("caneca", "garrafa"):
        with clerk.expect_response(lambda answer, text=text: f"q={text}" in answer.url):
            clerk.locator("main [name=q]").press_sequentially(text)
        clerk.wait_for_url(f"**q={text}**")
        clerk.locator("main [name=q]").fill("")
        clerk.wait_for_timeout(600)
    with clerk.expect_response("**/products?**"):
        clerk.go_back()
    expect(state(clerk)).to_have_text(LIVE)
    clerk.context.set_offline(True)
    clerk.locator("main [name=q]").press_sequentially("pires")
    expect(clerk.locator(".toast")).to_contain_text("Sem conexão")
    assert complaints == []


def test_a_list_whose_session_ended_says_so(clerk, live_shop):
    clerk.goto("/sales")
    expect(state(clerk)).to_have_text(LIVE)
    live_shop.end_sessions()
    expect(state(clerk)).to_have_text("Sem sessão", timeout=10_000)

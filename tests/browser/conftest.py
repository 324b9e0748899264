"""What every errand in a browser may ask for."""

import pytest
from playwright.sync_api import expect

# A machine may be at other work: what comes in the end is right.
expect.set_options(timeout=60_000)


def shows_what_comes(page):
    """Presses "2 new · Show" of a list whenever it stands there, as a person who waits for a row
    would."""
    page.add_locator_handler(page.locator(".list-news button").first, lambda button: button.click())


@pytest.fixture
def watched(page):
    """Whatever the browser complains of: a script refused by the CSP, a file that is not there, an
    error of ours."""
    complaints = []
    # htmx logs as an error that it dropped a request for a newer one of the same field: that is
    # what it is asked to do.
    dropped = ("htmx:sendAbort", "htmx:afterRequest")

    def hear(message):
        if message.type == "error" and not message.text.startswith(dropped):
            complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints

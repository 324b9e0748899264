"""A browser for tests, and what a failed one leaves: a trace and a picture of each of its pages."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests import programs, services

FAILURES = Path(__file__).resolve().parents[2] / "failures"

# A page's script runs for a moment: to compile it a second time, for speed, takes longer. A page
# that is opened is empty first, for which a second process of its profile would start.
BROWSER_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --in-process-gpu "
    "--process-per-site --renderer-process-limit=1 "
    "--js-flags=--no-opt,--no-maglev"
)
# Nothing moves unless asked to: a badge that pulses is drawn anew sixty times a second.
USUAL = {"reduced_motion": "reduce", "timezone_id": "America/Sao_Paulo"}
# All of a page is laid out and can be pressed, and a corner of it is drawn: nobody looks. A picture
# that is asked for is whole.
CORNER = {"width": 16, "height": 16}
# A clock that a test moves is that of all pages to come, and of each frame in them.
CLOCK_MOVED = """() => {
    const frame = document.createElementNS("http://www.w3.org/1999/xhtml", "iframe");
    document.documentElement.append(frame);
    const moved = !String(frame.contentWindow.setTimeout).includes("[native code]");
    frame.remove();
    return moved;
}"""
_open: list[BrowserContext] = []


@pytest.fixture(scope="session")
def browser(request):
    executable = services.needed(programs.chromium(), "Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=BROWSER_FLAGS.split())
        # What the page looked like at each step takes a fifth of the processor time.
        yield traced(browser, snapshots=not hasattr(request.config, "workerinput"))
        browser.close()


@pytest.fixture
def page(browser, live_shop):
    """A new browser profile on the demo shop; `page.goto("/sales")` and the like."""
    context = browser.new_context(base_url=live_shop.url, locale="pt-BR")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def signed_in(live_shop) -> Callable[..., None]:
    """`signed_in(page, "clerk")`: from here on the page is that person's. The form of the sign-in
    is a matter of tests of its own; a test that signs out asks for a session of its `own`."""

    def signed_in(page: Page, role: str = "manager", own: bool = False) -> None:
        cookie = live_shop.sign_in(f"{role}@balcao.example") if own else live_shop.cookie(role)
        name, _, value = cookie.partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": live_shop.url}])

    return signed_in


def traced(browser: Browser, snapshots: bool) -> Browser:
    """The browser, every profile of which keeps a trace of the test that runs."""
    make = browser.new_context

    def new_context(**options) -> BrowserContext:
        context = make(**options)
        context.set_default_timeout(60_000)
        context.tracing.start(snapshots=snapshots)
        return context

    browser.new_context = Profiles(new_context).take
    return browser


class Profiles:
    """Browser profiles that a test finds as new: one that was closed is emptied and given out
    again. A new one has all of the shop's files fetched and compiled once more, in a process of its
    own."""

    def __init__(self, make: Callable[..., BrowserContext]):
        self.make, self.free = make, {}

    def take(self, **options) -> BrowserContext:
        options = USUAL | options
        free = self.free.setdefault(repr(sorted(options.items())), [])
        context = free.pop() if free else self._made(free, options)
        _open.append(context)
        return context

    def _made(self, free: list[BrowserContext], options: dict) -> BrowserContext:
        context = self.make(**options)
        # Holds the process for the pages to come, and what they store.
        keeper = context.new_page() if "base_url" in options else None
        if keeper:
            keeper.goto("/static/favicon.svg")

        def close() -> None:
            _open.remove(context)
            if keeper is None:
                return end()
            for page in context.pages:
                if page is not keeper:
                    page.close()
            context.clear_cookies()
            context.set_offline(False)
            keeper.evaluate("localStorage.clear()")
            if keeper.evaluate(CLOCK_MOVED):
                return end()
            free.append(context)

        end, context.close = context.close, close
        make, context.new_page = context.new_page, lambda: _undrawn(make())
        return context


def _undrawn(page: Page) -> Page:
    page.context.new_cdp_session(page).send("Emulation.setVisibleSize", CORNER)
    return page


def pytest_sessionstart(session):
    if not hasattr(session.config, "workerinput"):
        shutil.rmtree(FAILURES, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" or report.failed:
        for number, context in enumerate(_open, 1):
            _end_chunk(context, FAILURES / f"{_name(item)}-{number}" if report.failed else None)
    return report


def _end_chunk(context, folder):
    if folder is None:
        context.tracing.stop_chunk()
    else:
        for number, page in enumerate(context.pages, 1):
            page.screenshot(path=folder / f"page-{number}.png")
        context.tracing.stop_chunk(path=folder / "trace.zip")
    context.tracing.start_chunk()


def _name(item):
    return re.sub(r"[^\w.-]+", "-", item.nodeid.rpartition("/")[2]).strip("-")[:100]


def pytest_terminal_summary(terminalreporter):
    if FAILURES.exists():
        terminalreporter.section("browser tests that failed")
        terminalreporter.write_line(
            f"pictures and traces are in {FAILURES}; open one with: "
            "playwright show-trace …/trace.zip"
        )

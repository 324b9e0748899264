"""The demo shop, one for all tests that look at it: it runs while such tests follow one another."""

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.services import Shop

_shops: list[Shop] = []
ABOUT = ("tests/browser/", "tests/rules/test_rule_checks_hostile.py")
FIRST_HALF = "tests/browser/test_l"


class Scheduling(LoadFileScheduling):
    """By files, but those about the shop in two parts, which take about as long: a shop and a
    browser for each of three workers cost more than what the third could do for them."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(ABOUT):
            return "the shop, first" if nodeid < FIRST_HALF else "the shop, then"
        return super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return Scheduling(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def live_shop(folder, guardian):
    """The demo shop, running; one for all browser tests, so each makes what it changes."""
    shop = Shop(folder / "live", guardian).start()
    _shops.append(shop)
    yield shop
    _shops.remove(shop)
    if shop.is_running:
        shop.stop()


def pytest_collection_modifyitems(items):
    """Those about it follow one another: each time that others come between, it starts anew."""
    about = [item for item in items if _is_about_it(item)]
    if about:
        begin = items.index(about[0])
        items[begin:] = about + [item for item in items[begin:] if not _is_about_it(item)]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if _is_about_it(item):
        for shop in _shops:
            if not shop.is_running:
                shop.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """A shop works and looks for work every second, also for nobody."""
    try:
        return (yield)
    finally:
        if nextitem and not _is_about_it(nextitem):
            for shop in _shops:
                if shop.is_running:
                    shop.stop()


def _is_about_it(item):
    return "live_shop" in item.fixturenames

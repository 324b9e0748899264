"""The demo shop, one for all tests that look at it: it runs while such tests follow one another."""

import pytest

from tests.services import Shop

_shops: list[Shop] = []


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

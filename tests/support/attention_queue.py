"""The attention queue in a browser, gone through by keyboard."""

import re

from playwright.sync_api import expect

from tests.services import wait_until

STATUS = "SELECT status FROM sales WHERE reference = ?"


def until(shop, reference: str, *statuses: str) -> None:
    known = [(status,) for status in statuses]
    wait_until(lambda: shop.execute(STATUS, reference)[0] in known, why=f"{reference}: {statuses}")


def waiting(shop, reference: str) -> None:
    until(shop, reference, "attention", "review")


def row_of(page, reference: str):
    return page.locator("tr[data-row-key]", has_text=reference)


def open_row(page, reference: str) -> None:
    """By keyboard alone: down to it, and in. The queue moves meanwhile: whoever has opened another
    row goes back to it."""
    for _try in range(3):
        for _row in range(60):
            if row_of(page, reference).locator("a:focus").count():
                break
            page.keyboard.press("j")
        page.keyboard.press("e")
        page.wait_for_url("**/attention?*open=*")
        if row_of(page, reference).and_(page.locator(".row-open")).count():
            break
        page.goto("/attention")
    expect(row_of(page, reference)).to_have_class(re.compile("row-open"))
    # The focus comes once the page is drawn: keys before that would go nowhere.
    expect(page.locator("tr.row-open[id$='-open'] :focus")).to_have_count(1)


def mended(page, reference: str) -> None:
    expect(row_of(page, reference)).to_have_count(0)
    expect(page.locator("tr[data-row-key] a:focus")).to_have_count(1)

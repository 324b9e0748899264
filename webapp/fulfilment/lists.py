"""What the lists of fulfilment's pages have in common: tabs, and rows that appear by themselves."""

from webapp.http.formatting import with_query
from webapp.http.lists import Page, count_text


def tab(label: object, status: str | None, chosen: str | None, count: int | None = None) -> dict:
    """A tab for ?status=, as `lists.tabs` takes it."""
    return {
        "label": label,
        "href": with_query(status=status, after=None, before=None),
        "active": status == chosen,
        "count": None if count is None else count_text(count),
    }


def live_url(page: Page) -> str:
    """Where new rows are asked for: they belong on the first page only."""
    return "" if page.prev_cursor else with_query()

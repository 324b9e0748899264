"""No page leads to what its reader may not open."""

import re
from urllib.parse import urldefrag

import pytest

FILES = re.compile(r"/xml|\.pdf|\.csv|\.xlsx|\.zip|/archive")
# The addresses are followed without their query, which tells of which product.
OF_ONE_PRODUCT = "/schedules/new/stock-movements"
DEEPEST = 3


def linked(html: str) -> set[str]:
    """Where its links lead. Of those that differ only in their number, the rows of a list, the
    first and the last: whose page it is decides whether it opens, and not which of them."""
    hrefs = [urldefrag(href).url for href in re.findall(r'<a [^>]*href="(/[^"?]*)', html)]
    found = [href for href in hrefs if href not in ("", OF_ONE_PRODUCT) and not FILES.search(href)]
    firsts, lasts = (
        {re.sub(r"\d+", "N", href): href for href in way} for way in (found[::-1], found)
    )
    return {*firsts.values(), *lasts.values()}


@pytest.mark.parametrize("role", ["clerk", "reviewer", "accountant"])
def test_every_link_opens(live_shop, role):
    seen, reached, closed = set(), {"/"}, []
    for _step in range(DEEPEST):
        fresh, reached = reached - seen, set()
        for path in sorted(fresh):
            status, html = live_shop.get(path, live_shop.cookie(role))
            seen.add(path)
            if status == 200:
                reached |= linked(html)
            else:
                closed.append((path, status))
    assert len(seen) > 15
    assert closed == []

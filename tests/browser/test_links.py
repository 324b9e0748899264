"""No page leads to what its reader may not open."""

import re
from urllib.parse import urldefrag

import pytest

from tests.browser.test_errand import sign_in

FILES = re.compile(r"/xml|\.pdf|\.csv|/archive")
DEEPEST = 3


def linked(html: str) -> set[str]:
    hrefs = (urldefrag(href).url for href in re.findall(r'<a [^>]*href="(/[^"?]*)', html))
    return {href for href in hrefs if href and not FILES.search(href)}


@pytest.mark.parametrize("role", ["clerk", "reviewer", "accountant"])
def test_every_link_opens(page, role):
    sign_in(page, role)
    seen, reached, closed = set(), {"/"}, []
    for _step in range(DEEPEST):
        fresh, reached = reached - seen, set()
        for path in sorted(fresh):
            answer = page.request.get(path)
            seen.add(path)
            if answer.ok:
                reached |= linked(answer.text())
            else:
                closed.append((path, answer.status))
    assert len(seen) > 15
    assert closed == []

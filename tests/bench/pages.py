"""List pages as a signed-in person gets them, and what the first page weighs on the wire."""

import re
import time

import httpx

from tests.bench.figures import percentile, tell
from tests.services import Shop

PAGES = ("/", "/sales", "/products", "/invoices", "/packing-slips")
REQUESTS = 60


def measure(shop: Shop) -> None:
    with httpx.Client(base_url=shop.url, follow_redirects=True, timeout=20) as client:
        _sign_in(client)
        for path in PAGES:
            times = [_timed(client, path) for _request in range(REQUESTS)]
            tell(
                f"page {path}",
                f"p50 {percentile(times, 0.5):.0f} ms, p95 {percentile(times, 0.95):.0f} ms",
            )
        tell("first page, all that it loads, on the wire", f"{_wire(client, '/') / 1000:.1f} kB")


def _sign_in(client: httpx.Client) -> None:
    page = client.get("/login").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
    form = {"csrf_token": token, "email": "manager@balcao.example", "password": "balcao-demo"}
    answer = client.post("/login", data=form)
    assert answer.status_code == 200 and "/login" not in str(answer.url), answer.text[:200]


def _timed(client: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    client.get(path).raise_for_status()
    return (time.perf_counter() - began) * 1000


def _wire(client: httpx.Client, path: str) -> int:
    """Bytes of the page and of every file it names, as they travel (compressed where the server
    compresses)."""
    page = client.get(path).text
    linked = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
    for sheet in [name for name in linked if name.split("?")[0].endswith(".css")]:
        base = sheet.rsplit("/", 1)[0]
        for name in re.findall(r"url\(\"?([^\")]+)\"?\)", client.get(sheet).text):
            if not name.startswith("data:"):
                linked.add(str(httpx.URL(base + "/").join(name)))
    return sum(_travelled(client, name) for name in {path, *linked})


def _travelled(client: httpx.Client, path: str) -> int:
    with client.stream("GET", path) as answer:
        return sum(len(chunk) for chunk in answer.iter_raw())

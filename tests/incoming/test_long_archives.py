"""Archives of many files are longer than any other file that is sent, at their address alone."""

import os

import pytest

from tests.factories import make_token, open_shop
from tests.support.incoming_notes import zipped
from tests.support.web_server import serving
from webapp.serving.bridge import ARCHIVES

pytestmark = pytest.mark.operations
BOUNDARY = b"between"


def posted(address: str, token: str, archive: bytes) -> bytes:
    parts = (
        b'--%s\r\nContent-Disposition: form-data; name="kind"\r\n\r\nnotes\r\n' % BOUNDARY,
        b'--%s\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n' % BOUNDARY,
        archive,
        b"\r\n--%s--\r\n" % BOUNDARY,
    )
    body = b"".join(parts)
    head = (
        f"POST {address} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nAuthorization: Bearer "
        f"{token}\r\nContent-Length: {len(body)}\r\nContent-Type: multipart/form-data; "
        f"boundary={BOUNDARY.decode()}\r\n\r\n"
    )
    return head.encode() + body


def test_a_zip_of_seventeen_megabytes_is_taken_and_elsewhere_is_not(app, db):
    assert {rule.rule for rule in app.url_map.iter_rules()} >= set(ARCHIVES)
    open_shop()
    token = make_token("manager")
    archive = zipped({f"{number}.xml": os.urandom(4_300_000) for number in range(4)})
    db.session.remove()
    with serving(app) as web:
        answer = web.ask(posted("/api/v1/imports", token, archive))
        assert answer.startswith(b"HTTP/1.1 202 "), answer[:300]
        assert web.ask(posted("/api/v1/products", token, archive)).startswith(b"HTTP/1.1 413 ")

"""How many notes a second are authorised over the real protocol: sixteen in flight, to a server on
loopback that judges each of them (schemas, checks, signature), in a process of its own."""

import multiprocessing
import time
from multiprocessing.connection import Connection

from tests.bench.figures import tell
from tests.support.authority_server import company, make_ca, serving
from tests.support.fiscal_notes import NUMBERING, a_note
from webapp.authority.connections import client_of, context
from webapp.authority.sefaz import Sefaz
from webapp.fiscal.document import Numbering, build
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.platform.clock import utc_now

NOTES, BATCH = 800, 50


def measure() -> None:
    ca = make_ca()
    shops = company(ca)
    forked = multiprocessing.get_context("fork")
    ours, theirs = forked.Pipe()
    process = forked.Process(target=_serve, args=(ca, theirs), daemon=True)
    process.start()
    try:
        port = ours.recv()
        numbers = range(1, NOTES + 1)
        signed = [
            shops.signer.sign(
                build(a_note(), EXAMPLE_BOOK, Numbering(1, number, utc_now(), NUMBERING.code))
            )
            for number in numbers
        ]
        with client_of(context(shops, ca.pem)) as client:
            asked = Sefaz(client, "SP", False, lambda *_where: f"https://127.0.0.1:{port}/")
            asked.status()
            begun = time.monotonic()
            answers = [
                answer
                for first in range(0, NOTES, BATCH)
                for answer in asked.authorize(signed[first : first + BATCH])
            ]
            seconds = time.monotonic() - begun
    finally:
        ours.send("done")
        process.join()
    assert all(answer.is_authorized for answer in answers)
    tell("authorisation round trip over TLS, 16 in flight", f"{NOTES / seconds:,.0f} notes/s")


def _serve(ca, pipe: Connection) -> None:
    with serving(ca) as server:
        pipe.send(server.server_port)
        pipe.recv()

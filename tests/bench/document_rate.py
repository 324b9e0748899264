"""How many documents a core makes ready to send, against how many bare RSA signatures it makes in
the same run."""

from time import thread_time

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support.fiscal_notes import BOOK, MUG, NOW, NUMBERING, a_note
from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import build
from webapp.fiscal.signature import Signer
from webapp.fiscal.tax_book import EXAMPLE_BOOK

SLICE = 0.05  # seconds of processor time for each in turn
BATCH = 10  # between two looks at the clock


def bench_document(seconds: float, lines: int = 2) -> tuple[float, float]:
    """(documents per second, bare RSA-2048 signatures per second); a document of so many lines is
    built, checked, against the schema too, and signed.

    Each is the best of its slices, as `timeit` advises: what a neighbour on the machine takes is
    not the code's.
    """
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW.replace(year=2027))
        .sign(key, hashes.SHA256())
    )
    signer, note, scheme, sha = (
        Signer(key, certificate),
        a_note(items=tuple((MUG, BOOK)[place % 2] for place in range(lines))),
        padding.PKCS1v15(),
        hashes.SHA1(),
    )

    def make_document():
        document = build(note, EXAMPLE_BOOK, NUMBERING)
        run_checks(note, document, EXAMPLE_BOOK, NOW)
        signer.sign(document)

    def make_signature():
        key.sign(b"x" * 500, scheme, sha)

    make_document()
    best, end = [0.0, 0.0], thread_time() + seconds
    while thread_time() < end:
        for place, make in enumerate((make_document, make_signature)):
            best[place] = max(best[place], _rate(make))
    return best[0], best[1]


def _rate(make) -> float:
    made, start = 0, thread_time()
    while (spent := thread_time() - start) < SLICE:
        for _ in range(BATCH):
            make()
        made += BATCH
    return made / spent


if __name__ == "__main__":
    for lines in (2, 100):
        documents, signatures = bench_document(4, lines)
        print(
            f"{lines} lines: {documents:.0f} documents/s, {signatures:.0f} signatures/s, ratio "
            f"{documents / signatures:.3f}"
        )

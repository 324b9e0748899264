import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree

from tests.fiscal.conftest import new_certificate
from tests.support.fiscal_notes import NOW, NUMBERING, a_note, an_item
from webapp.fiscal.certificate import CertificateError, load, make_test_certificate
from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import build
from webapp.fiscal.signature import SignatureError, digest_of, verify
from webapp.fiscal.tax_book import EXAMPLE_BOOK


@pytest.fixture
def signed(signer) -> bytes:
    return signer.sign(build(a_note(), EXAMPLE_BOOK, NUMBERING))


def test_names_the_certificate_that_signed(signed, certificate):
    assert verify(etree.fromstring(signed)) == certificate.x509


def test_signing_twice_gives_the_same_bytes(signed, signer):
    assert signer.sign(build(a_note(), EXAMPLE_BOOK, NUMBERING)) == signed


def test_has_no_line_break_and_no_prefix(signed):
    signature = signed[signed.index(b"<Signature") :]
    assert b"\n" not in signature and b"ds:" not in signature


@pytest.mark.parametrize(
    "old, new, reason",
    [
        (b"<xNome>Pico", b"<xNome>Pica", "digest does not fit"),
        (b"<SignatureValue>", b"<SignatureValue>AAAA", "does not fit"),
        (b"<Signature ", b"<Other ", "no signature"),
        (b'URI="#NFe3', b'URI="#NFe4', "another document"),
    ],
)
def test_a_change_is_refused(signed, old, new, reason):
    changed = signed.replace(old, new).replace(
        b"</Signature>", b"</Other>" if b"Other" in new else b"</Signature>"
    )
    with pytest.raises(SignatureError, match=reason):
        verify(etree.fromstring(changed))


def test_a_signed_document_is_not_signed_again(signed, signer):
    with pytest.raises(SignatureError, match="not an unsigned NFe"):
        signer.sign(etree.fromstring(signed))


def test_bytes_without_digest_are_refused():
    with pytest.raises(SignatureError, match="no digest"):
        digest_of(b"<NFe></NFe>")


def test_threads_share_signer_and_schema(signer):
    notes = [a_note(items=(an_item(unit="" if n % 2 else "UN", sku=f"S-{n}"),)) for n in range(40)]

    def work(note):
        document = build(note, EXAMPLE_BOOK, NUMBERING)
        failing = [
            issue.params["sku"] for issue in run_checks(note, document, EXAMPLE_BOOK, NOW).issues
        ]
        return failing, verify(etree.fromstring(signer.sign(document))) is not None

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, notes))
    assert results == [([f"S-{n}"] if n % 2 else [], True) for n in range(40)]


def test_test_certificate_is_private_and_carries_the_cnpj(tmp_path):
    path = tmp_path / "test.pfx"
    make_test_certificate(path, "a password", "12ABC34501DE35", "Loja", NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    certificate = load(path, "a password")
    assert certificate.cnpj == "12ABC34501DE35"
    assert certificate.is_valid_on(NOW) and not certificate.is_valid_on(NOW + timedelta(days=366))
    assert certificate.expires_at == (NOW + timedelta(days=365)).replace(microsecond=0)


def test_a_certificate_is_never_overwritten(tmp_path):
    new_certificate(tmp_path)
    with pytest.raises(FileExistsError):
        new_certificate(tmp_path)


def test_a_certificate_is_read_once_until_its_file_changes(tmp_path):
    first = new_certificate(tmp_path)
    path = next(tmp_path.iterdir())
    assert load(path, "a password") is first
    path.unlink()
    assert new_certificate(tmp_path).x509 != first.x509


def test_what_cannot_be_opened_is_refused(tmp_path):
    new_certificate(tmp_path)
    path = next(tmp_path.iterdir())
    with pytest.raises(CertificateError, match="does not open this file"):
        load(path, "another")
    with pytest.raises(CertificateError, match="cannot be read"):
        load(tmp_path / "missing.pfx", "a password")


def test_another_number_gives_another_digest(signed, signer):
    other = signer.sign(build(a_note(), EXAMPLE_BOOK, replace(NUMBERING, number=102)))
    assert digest_of(other) != digest_of(signed)

"""The shop's A1 certificate: taken on the settings page, kept sealed; without one NF-e wait."""

import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from sqlalchemy import select

from tests.factories import make_sale, open_shop, sign_in, work_off
from tests.support import certificates
from tests.support.certificates import PASSWORD, pfx
from tests.support.invoices import invoice_of_sale, sign_all
from webapp.audit.models import AuditEntry
from webapp.authority import certificates as kept
from webapp.authority.certificates import Source, signing_hold, source
from webapp.authority.models import StoredCertificate
from webapp.fiscal.certificate import open_pfx, reaches
from webapp.fiscal.rejections import explain
from webapp.fiscal.signature import verify
from webapp.invoices.models import InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.processing.note_progress import note_rejected
from webapp.processing.signing_holds import let_sign
from webapp.processing.tax_holds import let_go_on
from webapp.sales.models import Status
from webapp.store.queries import the_shop


@pytest.fixture
def admin(client, db):
    open_shop()
    return sign_in(client, "admin")


def install(client, data: bytes, password: str = PASSWORD):
    sent = {"pfx": (io.BytesIO(data), "a1.pfx"), "password": password}
    return client.post("/settings/certificate", data=sent)


def in_two_years(monkeypatch):
    monkeypatch.setattr(kept, "utc_now", lambda: utc_now() + timedelta(days=730))


def test_it_is_taken_and_signs_from_then_on(client, db, admin):
    assert source() is Source.TEST
    file = pfx()
    assert install(client, file).status_code == 303
    assert install(client, file).status_code == 303, "sent twice"

    assert source() is Source.SETTINGS
    sale = make_sale()
    work_off()
    invoice = invoice_of_sale(sale)
    assert invoice.status is InvoiceStatus.AUTHORIZED
    assert verify(etree.fromstring(invoice.signed_xml)) == open_pfx(file, PASSWORD).x509
    page = client.get("/settings").text
    assert "PICO NEVADO LTDA" in page and "in 365 days" in page and "Valid" in page
    assert "leads to no root of ICP-Brasil" in page, "it signed itself"
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.subject == "certificates")).one()
    assert (entry.actor, entry.after["holder"]) == (admin, "PICO NEVADO LTDA")


def test_its_key_stands_nowhere_in_clear(app, client, db, admin):
    install(client, pfx())
    row = db.session.scalars(select(StoredCertificate)).one()
    pkcs8 = (Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    plain = certificates.key_of(2048).private_bytes(*pkcs8)
    assert plain[40:80] not in row.sealed_key and PASSWORD.encode() not in row.sealed_key
    db.session.commit()
    with open(db.engine.url.database, "rb") as file:
        assert plain[40:80] not in file.read()
    assert PASSWORD not in client.get("/settings").text


BAD = {
    "not a PFX file": (lambda: b"%PDF-1.7 this is none", PASSWORD, "pfx"),
    "The password does not open": (pfx, "wrong", "password"),
    "is of another company": (lambda: pfx(cnpj="99777666000118"), PASSWORD, "pfx"),
    "of the kind EC": (lambda: pfx(kind="ec"), PASSWORD, "pfx"),
    "has 1024 bits": (lambda: pfx(kind=1024), PASSWORD, "pfx"),
    "expired on": (lambda: pfx(days=-1), PASSWORD, "pfx"),
    "counts from": (lambda: pfx(began=3), PASSWORD, "pfx"),
    "this one has 499 kB": (lambda: pfx().ljust(499 * 1024, b"\0"), PASSWORD, "pfx"),
    "holds no private key": (certificates.without_key, PASSWORD, "pfx"),
    "does not belong to its certificate": (certificates.of_two_keys, PASSWORD, "pfx"),
    "bears no CNPJ": (lambda: pfx(cnpj=""), PASSWORD, "pfx"),
}


def test_what_cannot_be_used_is_named_at_its_field_and_the_present_one_stays(client, db, admin):
    install(client, pfx())
    before = db.session.scalar(select(StoredCertificate.fingerprint))
    for words, (made, password, field) in BAD.items():
        answer = install(client, made(), password)
        page = " ".join(answer.text.split())
        assert answer.status_code == 422 and words in page, words
        assert f'id="f-{field}-error"' in page, words
    assert client.post("/settings/certificate", data={"password": ""}).status_code == 422
    assert db.session.scalar(select(StoredCertificate.fingerprint)) == before
    assert signing_hold() is None


def test_files_of_other_kinds_are_read_too():
    assert open_pfx(pfx(encryption=certificates.OLD), PASSWORD).cnpj == "99888777000100"
    named = open_pfx(pfx(named_apart=False, cnpj="7K2M9QX4000108"), PASSWORD)
    assert (named.cnpj, named.holder) == ("7K2M9QX4000108", "PICO NEVADO LTDA")


def test_a_chain_is_followed_to_a_root_that_is_known():
    root = certificates.certificate(kind=2049, cnpj="", name="AC RAIZ")
    stranger = certificates.certificate(kind=2048, cnpj="", name="AC RAIZ")
    alone = open_pfx(pfx(issuer=root), PASSWORD)
    whole = open_pfx(pfx(issuer=root, chain=[root]), PASSWORD)
    assert reaches(alone, [stranger, root]) and reaches(whole, [root])
    assert not reaches(whole, []) and not reaches(whole, [stranger])


def test_an_expired_one_holds_notes_and_they_go_on_with_the_next(client, db, admin, monkeypatch):
    install(client, pfx())
    with monkeypatch.context() as later:
        in_two_years(later)
        sale = make_sale()
        work_off()
        invoice = invoice_of_sale(sale)
        assert (invoice.status, invoice.number) == (InvoiceStatus.APPROVED, None)
        assert (sale.status, sale.needs_person) == (Status.INVOICE, False)
        for page in (f"/sales/{sale.id}", f"/invoices/{invoice.id}", "/sales", "/invoices"):
            assert "The digital certificate expired on" in client.get(page).text, page
        assert "goes on by itself" in client.get(f"/sales/{sale.id}").text
        assert let_sign() == 0
        work_off()
    assert let_sign() == 1 and let_sign() == 0
    work_off()
    invoice = invoice_of_sale(sale)
    assert (invoice.status, invoice.number) == (InvoiceStatus.AUTHORIZED, 1)
    assert sale.status is Status.INVOICED and sale.reason_code is None


def test_a_note_that_sefaz_refused_for_it_goes_on_with_the_next_under_its_number(client, db, admin):
    sale = make_sale()
    sign_all()
    invoice = invoice_of_sale(sale)
    issue = explain("281", "Certificado vencido", etree.fromstring(invoice.signed_xml))
    note_rejected(invoice, "281", "Certificado vencido", issue)
    db.session.commit()
    assert (sale.status, let_go_on()) == (Status.ATTENTION, 0)
    install(client, pfx())
    assert let_go_on() == 1
    work_off()
    invoice = invoice_of_sale(sale)
    assert (invoice.status, invoice.number) == (InvoiceStatus.AUTHORIZED, 1)


def test_a_note_that_waits_for_one_may_still_be_cancelled(client, db, admin, monkeypatch):
    install(client, pfx())
    in_two_years(monkeypatch)
    sale = make_sale()
    work_off()
    assert client.post(f"/sales/{sale.id}/cancellation", data={"reason": "no"}).status_code == 303
    assert invoice_of_sale(sale).status is InvoiceStatus.DISCARDED


def test_under_another_secret_it_is_asked_for_again_in_words(app, client, db, admin, monkeypatch):
    install(client, pfx())
    contact = {"csrt_id": "01", "csrt": "G8063VRTNDMO886SFNK5"}
    the_shop().csrt_sealed = kept.seal("csrt", contact["csrt"].encode())
    the_shop().csrt_id = contact["csrt_id"]
    db.session.commit()
    other = replace(app.extensions["settings"], secret_key="s" * 40)
    monkeypatch.setitem(app.extensions, "settings", other)
    sale = make_sale()
    work_off()
    assert invoice_of_sale(sale).status is InvoiceStatus.APPROVED
    page = " ".join(client.get("/settings").text.split())
    assert "was kept under another SECRET_KEY and cannot be opened" in page
    assert "It was kept under another SECRET_KEY and cannot be read" in page
    assert install(client, pfx()).status_code == 303
    assert let_sign() == 1


def test_removed_it_is_the_test_environments_own_again(client, db, admin):
    install(client, pfx())
    for _time in range(2):
        assert client.post("/settings/certificate/removal").status_code == 303
    assert source() is Source.TEST and the_shop().certificate_ends_at is None


@pytest.mark.parametrize(
    ("days", "admins", "clerks"),
    [(31, None, None), (30, 30, None), (15, 15, None), (8, 8, None), (7, 7, 7), (1, 1, 1)],
)
def test_its_end_is_told_on_every_page_in_time(app, client, db, admin, days, admins, clerks):
    install(client, pfx(days=days))
    assert f"\nbalcao_certificate_days {float(days)}\n" in client.get("/metrics").text
    clerk = app.test_client()
    sign_in(clerk)
    for person, told in ((client, admins), (clerk, clerks)):
        page = " ".join(person.get("/products").text.split())
        assert ("The digital certificate expires in" in page) == (told is not None)
        if told is not None:
            assert f"expires in {told} day" in page


def test_on_its_last_day_the_hour_of_its_end_is_told(client, db, admin):
    install(client, pfx(days=0))
    page = " ".join(client.get("/settings").text.split())
    assert re.search(r"expires on \d+ \w+ \d{4} at \d\d:\d\d\. After that", page)
    assert "in 0 days" not in page and "today</" not in page


class TestNamedByTheEnvironment:
    @pytest.fixture
    def settings(self, settings, tmp_path):
        file = tmp_path / "a1.pfx"
        file.write_bytes(pfx(days=10))
        return replace(settings, nfe_certificate=file, nfe_certificate_password=PASSWORD)

    def test_it_wins_and_the_page_only_shows_it(self, client, db, admin):
        page = " ".join(client.get("/settings").text.split())
        assert "Set by NFE_CERTIFICATE" in page and 'name="pfx"' not in page
        assert "expires in 10 days" in page
        refused = install(client, pfx())
        assert refused.status_code == 422 and "The environment sets NFE_CERTIFICATE" in refused.text
        assert source() is Source.ENVIRONMENT and kept.stored() is None

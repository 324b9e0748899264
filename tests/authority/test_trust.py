"""To whom SEFAZ's own certificate may go back: a root is looked over before it counts."""

import dataclasses
import io

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tests.factories import open_shop, sign_in
from tests.support.authority_server import company, make_ca
from tests.support.certificates import certificate as made
from tests.support.certificates import key_of as private_key
from webapp.authority import trust
from webapp.authority.choosing import authority
from webapp.authority.connections import context
from webapp.authority.sandbox import Sandbox
from webapp.authority.sefaz import Sefaz
from webapp.authority.trust import added_roots, roots
from webapp.fiscal.certificate import certificate_of
from webapp.platform.clock import utc_now
from webapp.platform.errors import Invalid
from webapp.platform.settings import Settings, SettingsError


def file_of(certificate: x509.Certificate, encoding=Encoding.PEM) -> bytes:
    return certificate.public_bytes(encoding)


def weak_root() -> x509.Certificate:
    return make_ca("Fraca", private_key(1024)).x509


def past_root() -> x509.Certificate:
    return made(days=-3)


REFUSED = {
    "nothing": (lambda ca: b"", trust.NO_CERTIFICATE),
    "a picture": (lambda ca: b"\x89PNG\r\n", trust.NO_CERTIFICATE),
    "a torn one": (lambda ca: file_of(ca.x509)[:300], trust.NO_CERTIFICATE),
    "too long": (lambda ca: b"0" * 20_000, trust.TOO_LONG),
    "two": (lambda ca: file_of(ca.x509) * 2, trust.SEVERAL),
    "a company's": (lambda ca: file_of(company(ca).x509), trust.NO_ISSUER),
    "over": (lambda ca: file_of(past_root()), trust.NOT_NOW),
    "weak": (lambda ca: file_of(weak_root()), trust.WEAK),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_root_is_refused_in_words(db, ca, kind):
    data, message = REFUSED[kind]
    with pytest.raises(Invalid) as refused:
        trust.trust(data(ca))
    assert [(error.field, error.message) for error in refused.value.errors] == [("root", message)]
    assert not added_roots()


def test_one_below_another_counts_once_that_is_trusted(db, ca):
    below = made(issuer=ca.x509, kind=2048)
    builder = x509.CertificateBuilder(
        below.issuer,
        below.subject,
        below.public_key(),
        below.serial_number,
        below.not_valid_before_utc,
        below.not_valid_after_utc,
    ).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    below = file_of(builder.sign(ca.key, hashes.SHA256()))
    with pytest.raises(Invalid) as refused:
        trust.trust(below)
    assert refused.value.errors[0].message == trust.NO_ROOT
    trust.trust(ca.pem.encode())
    trust.trust(below)
    assert len(added_roots()) == 2


def test_the_roots_that_come_with_the_program_are_icp_brasil_s_and_count_today():
    found = x509.load_pem_x509_certificates(trust._shipped().encode())
    for root in found:
        root.verify_directly_issued_by(root)
        assert "ICP-Brasil" in root.subject.rfc4514_string()
        assert root.not_valid_before_utc < utc_now()
        assert root.fingerprint(hashes.SHA256()).hex() in trust._shipped()
    # The one of SEFAZ's servers.
    assert "Autoridade Certificadora Raiz Brasileira v10" in {
        root.name for root in trust.shipped_roots() if root.expires_at > utc_now()
    }


def test_a_person_adds_a_root_and_takes_it_away(app, client, db, ca, monkeypatch):
    open_shop()
    as_sefaz(app, monkeypatch)
    sign_in(client, "admin")
    for encoding in (Encoding.PEM, Encoding.DER):
        sent = {"root": (io.BytesIO(file_of(ca.x509, encoding)), "raiz.crt")}
        assert client.post("/settings/roots", data=sent).status_code == 303
    (root,) = added_roots()
    assert (root.name, root.pem) == ("CA de teste", ca.pem)
    assert roots().endswith(ca.pem)
    page = client.get("/settings").text
    assert "CA de teste" in page and "Autoridade Certificadora Raiz Brasileira v10" in page
    refused = client.post("/settings/roots", data={"root": (io.BytesIO(b"x"), "raiz.crt")})
    assert refused.status_code == 422 and "This is no certificate" in refused.text
    assert client.post(f"/settings/roots/{root.id}/removal").status_code == 303
    assert not added_roots()


def as_sefaz(app, monkeypatch) -> None:
    settings = dataclasses.replace(app.extensions["settings"], nfe_authority="sefaz")
    monkeypatch.setitem(app.extensions, "settings", settings)


def test_the_settings_say_who_is_asked(app, db, monkeypatch):
    open_shop()
    assert isinstance(authority()._authority, Sandbox)
    as_sefaz(app, monkeypatch)
    asked = authority()._authority
    assert isinstance(asked, Sefaz)
    assert (asked._state, asked._production) == ("SP", False)


def test_the_environment_may_name_the_real_one(tmp_path):
    env = {"DATA_DIR": str(tmp_path), "NFE_AUTHORITY": "sefaz", "NFE_ENVIRONMENT": "production"}
    settings = Settings.from_env(env)
    assert (settings.nfe_authority, settings.production) == ("sefaz", True)


def test_no_invented_order_goes_to_the_real_one(app, db, tmp_path, monkeypatch):
    env = {"DATA_DIR": str(tmp_path), "NFE_AUTHORITY": "sefaz", "DEMO": "1"}
    with pytest.raises(SettingsError, match="DEMO=1 with NFE_AUTHORITY=sefaz"):
        Settings.from_env(env)
    as_sefaz(app, monkeypatch)
    done = app.test_cli_runner().invoke(args=["demo"])
    assert done.exit_code == 1 and "NFE_AUTHORITY=sefaz" in done.output


def test_the_whole_chain_of_the_shop_s_certificate_is_shown(ca, shops):
    """A server may know the root alone."""
    own = certificate_of(shops.key, shops.x509, [ca.x509])
    assert context(own, ca.pem)

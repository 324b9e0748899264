"""The shop's certificate and the authority it sends to, made once per process from the settings."""

from datetime import datetime

from flask import current_app
from sqlalchemy import select

from webapp.extensions import db
from webapp.invoices.fiscal.authority import Authority
from webapp.invoices.fiscal.certificate import Certificate, load, make_test_certificate
from webapp.invoices.fiscal.sandbox import Record, SandboxAuthority
from webapp.store.models import SandboxNote
from webapp.store.queries import the_shop

TEST_PASSWORD = "homologacao"


def certificate() -> Certificate:
    """The A1 certificate set, or in homologation one made for the occasion and kept in DATA_DIR."""
    settings = current_app.extensions["settings"]
    if settings.nfe_certificate:
        return load(settings.nfe_certificate, settings.nfe_certificate_password)
    path = settings.data_dir / "test_certificate.pfx"
    if not path.exists():
        shop = the_shop()
        make_test_certificate(path, TEST_PASSWORD, shop.cnpj, shop.name)
    return load(path, TEST_PASSWORD)


def authority() -> Authority:
    return SandboxAuthority(Ledger())

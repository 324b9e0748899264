"""The shop's certificate, as the settings say."""

import os
import tempfile

from flask import current_app

from webapp.fiscal.certificate import Certificate, load, make_test_certificate
from webapp.store.queries import the_shop

TEST_PASSWORD = "homologacao"


def certificate() -> Certificate:
    """The A1 certificate set, or in homologation one made for the occasion and kept in DATA_DIR."""
    settings = current_app.extensions["settings"]
    if settings.nfe_certificate:
        return load(settings.nfe_certificate, settings.nfe_certificate_password)
    shop = the_shop()
    path = settings.data_dir / f"test_certificate_{shop.cnpj}.pfx"
    if not path.exists():
        _make_once(path, shop)
    return load(path, TEST_PASSWORD)


def _make_once(path, shop) -> None:
    """Two workers may come here at once: each makes its own, the first one linked is
    everybody's."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = os.path.join(folder, "made.pfx")
        make_test_certificate(made, TEST_PASSWORD, shop.cnpj, shop.name)
        try:
            os.link(made, path)
        except FileExistsError:
            return

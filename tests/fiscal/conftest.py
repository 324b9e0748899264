import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.fiscal_notes import NOW
from webapp.fiscal.certificate import Certificate, load, make_test_certificate
from webapp.fiscal.sandbox import SandboxAuthority
from webapp.fiscal.sandbox_ledger import MemoryLedger
from webapp.fiscal.signature import SIGNED_PARTS
from webapp.fiscal.xml import NAMESPACE


def new_certificate(folder: Path, cnpj: str = "99888777000100", now=NOW) -> Certificate:
    path = folder / f"{cnpj}-{now:%Y%m%d}.pfx"
    make_test_certificate(path, "a password", cnpj, "Pico Nevado", now)
    return load(path, "a password")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> Certificate:
    return new_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def signer(certificate):
    return certificate.signer


@pytest.fixture
def authority() -> SandboxAuthority:
    return SandboxAuthority(MemoryLedger(), lambda: NOW)


@pytest.fixture(scope="session")
def verified_elsewhere(certificate, tmp_path_factory):
    """Whether xmlsec1, a verifier of its own, accepts the signature of the bytes given."""
    command = shutil.which("xmlsec1")
    if command is None:
        pytest.fail(
            "xmlsec1 is missing: install it (Debian: apt install xmlsec1) to verify signatures "
            "independently"
        )
    folder = tmp_path_factory.mktemp("verify")
    (folder / "certificate.pem").write_bytes(certificate.x509.public_bytes(Encoding.PEM))

    def verify(document: bytes) -> bool:
        (folder / "document.xml").write_bytes(document)
        done = subprocess.run(
            [
                command,
                "--verify",
                *(
                    argument
                    for part in SIGNED_PARTS.values()
                    for argument in ("--id-attr:Id", f"{NAMESPACE}:{part}")
                ),
                "--trusted-pem",
                "certificate.pem",
                "--verification-time",
                f"{NOW:%Y-%m-%d %H:%M:%S}",
                "document.xml",
            ],
            cwd=folder,
            capture_output=True,
        )
        return done.returncode == 0

    return verify

"""A supplier's NF-e that waits for the demo shop at the sandbox authority, for whoever has incoming
notes fetched."""

from datetime import datetime, timedelta
from decimal import Decimal

from webapp.authority.models import SandboxDocument
from webapp.fiscal.certificate import new_certificate
from webapp.fiscal.document import Numbering, build
from webapp.fiscal.note import Address, Environment, Issuer, Item, Note, Party
from webapp.fiscal.proc import nfe_proc
from webapp.fiscal.sandbox import SandboxAuthority
from webapp.fiscal.sandbox_ledger import MemoryLedger
from webapp.fiscal.xml import NAMESPACE, xml
from webapp.invoices.composition import issuer_of
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.store.queries import the_shop
from webapp.taxation.book import the_tax_book

SUPPLIER = Issuer(
    "11222333000181",
    "Distribuidora Serra Alta Ltda",
    "Serra Alta",
    "110042490114",
    "1",
    Address("Rua do Bosque", "10", "", "Centro", "Osasco", "3534401", "SP", "06010000"),
)
GOODS = (
    Item("FI-0002", "CANECA ESMALTADA 350 ML", "73239400", 24, Decimal("21.90")),
    Item("CX-LANT12", "LANTERNA DE CABECA CX 12 UN", "85131010", 2, Decimal("478.80"), unit="CX"),
)


def send_supplier_note() -> None:
    """Its summary and the whole of it."""
    # Authorised yesterday, as far as anybody can tell.
    at = utc_now().replace(microsecond=0) - timedelta(days=1)
    buyer = issuer_of(the_shop())
    party = Party(
        buyer.name,
        buyer.cnpj,
        buyer.address,
        state_registration=buyer.state_registration,
        taxpayer="contributor",
    )
    note = Note(Environment.HOMOLOGATION, SUPPLIER, party, GOODS, "boleto", channel="wholesale")
    signed = _signed(note, at)
    [answer] = SandboxAuthority(MemoryLedger(), lambda: at).authorize([signed])
    assert answer.protnfe, answer.reason
    for schema, content in (
        ("resNFe_v1.01.xsd", _summary(note, answer.access_key, answer.protocol or "", at)),
        ("procNFe_v4.00.xsd", nfe_proc(signed, answer.protnfe)),
    ):
        document = SandboxDocument(
            cnpj=buyer.cnpj, access_key=answer.access_key, schema=schema, content=content
        )
        db.session.add(document)


def _signed(note: Note, at: datetime) -> bytes:
    signer = new_certificate(SUPPLIER.cnpj, SUPPLIER.name, at - timedelta(days=1)).signer
    return signer.sign(build(note, the_tax_book(), Numbering(1, 4711, at, "73051964")))


def _summary(note: Note, key: str, protocol: str, at: datetime) -> bytes:
    told = {
        "chNFe": key,
        "CNPJ": SUPPLIER.cnpj,
        "xNome": SUPPLIER.name,
        "IE": SUPPLIER.state_registration,
        "dhEmi": at.isoformat(),
        "tpNF": "1",
        "vNF": str(note.total),
        "dhRecbto": at.isoformat(),
        "nProt": protocol,
        "cSitNFe": "1",
    }
    return xml("resNFe", {"@xmlns": NAMESPACE, "@versao": "1.01", **told})

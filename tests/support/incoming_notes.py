"""NF-e as suppliers send them, and past ones of the shop itself: signed, authorised, in files."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache

from lxml import etree
from werkzeug.datastructures import FileStorage

from tests.factories import work_off
from tests.support.fiscal_notes import BOOKSHOP, ISSUER, MUG, NOW, NUMBERING, a_note
from webapp.fiscal.certificate import Certificate, new_certificate
from webapp.fiscal.document import build
from webapp.fiscal.note import Item, Party
from webapp.fiscal.proc import event_proc, nfe_proc
from webapp.fiscal.sandbox import SandboxAuthority
from webapp.fiscal.sandbox_events import ret_event
from webapp.fiscal.sandbox_ledger import MemoryLedger
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.xml import NAMESPACE, xml
from webapp.imports.importing import take_import
from webapp.imports.models import Import
from webapp.imports.queries import import_by_id
from webapp.imports.works import Sending
from webapp.incoming.note_imports import NotesImport
from webapp.platform.text import bare

SHOP_CNPJ, SUPPLIER_CNPJ = "99888777000100", "7K2M9QX4000108"
SUPPLIER = replace(
    ISSUER,
    cnpj=SUPPLIER_CNPJ,
    name="Livraria Horizonte Ltda",
    trade_name="Horizonte",
    state_registration=BOOKSHOP.state_registration,
    address=BOOKSHOP.address,
)
SHOP = Party(
    ISSUER.name,
    SHOP_CNPJ,
    ISSUER.address,
    "compras@example.com",
    "1130000010",
    ISSUER.state_registration,
    "contributor",
)


@cache
def certificate_of(cnpj: str) -> Certificate:
    return new_certificate(cnpj, "Teste", NOW)


def signed_note(issuer=SUPPLIER, signer: str = "", number: int = 101, at=NOW, **changes) -> bytes:
    """An NFe alone. `signer`: the CNPJ of another company's certificate."""
    note = a_note(**{"issuer": issuer, "recipient": SHOP} | changes)
    draft = build(note, EXAMPLE_BOOK, replace(NUMBERING, number=number, issued_at=at))
    return certificate_of(signer or bare(issuer.cnpj)).signer.sign(draft)


def a_file(at: datetime = NOW, **changes) -> bytes:
    """An nfeProc: the supplier's note to the shop, unless `changes` say otherwise."""
    signed = signed_note(at=at, **changes)
    answer = SandboxAuthority(MemoryLedger(), lambda: at).authorize([signed])[0]
    assert answer.protnfe, answer
    return nfe_proc(signed, answer.protnfe)


def own_file(**changes) -> bytes:
    """A past note of the shop's own."""
    return a_file(**{"issuer": ISSUER, "recipient": BOOKSHOP} | changes)


def key_of(file: bytes) -> str:
    return file.split(b'Id="NFe', 1)[1][:44].decode()


def an_item(**changes) -> Item:
    return replace(MUG, **changes)


def an_event(
    key: str, kind: str = "110111", author: str = SUPPLIER_CNPJ, signer: str = "", code: str = "135"
) -> bytes:
    """A registered procEventoNFe."""
    told = {
        "cOrgao": "91",
        "tpAmb": "2",
        "CNPJ": author,
        "chNFe": key,
        "dhEvento": "2026-11-21T10:00:00-03:00",
        "tpEvento": kind,
        "nSeqEvento": "1",
    }
    detail = {"detEvento": {"xJust": "Pedido repetido pelo comprador"}}
    info = {"@Id": f"ID{kind}{key}01", **told, **detail}
    event = xml("evento", {"@xmlns": NAMESPACE, "@versao": "1.00", "infEvento": info})
    signed = certificate_of(signer or author).signer.sign(etree.fromstring(event))
    return event_proc(signed, ret_event(told, code, "Evento registrado", NOW, "135260000000001"))


def zipped(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def take_in(*files: bytes) -> Import:
    """Imported as by a manager, and worked off."""
    sent = [FileStorage(io.BytesIO(file), f"{number}.xml") for number, file in enumerate(files)]
    begun = NotesImport().begin(Sending(sent, "gerente@example.com"))
    work_off()
    found = import_by_id(begun.id)
    take_import(found, skip_refused=True)
    work_off()
    return found

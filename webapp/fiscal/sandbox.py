"""An authority in the house: judges as the real one does, gives protocols without fiscal value."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Protocol, cast

from lxml import etree

from webapp.fiscal.authority import DUPLICATE, Answer
from webapp.fiscal.certificate import cnpj_of
from webapp.fiscal.checks import run_table
from webapp.fiscal.digits import mod11
from webapp.fiscal.document import VERSION, access_key_of
from webapp.fiscal.places import STATES
from webapp.fiscal.reading import Reading
from webapp.fiscal.signature import SignatureError, digest_of, is_signed, is_valid_on
from webapp.fiscal.tax_book import EXAMPLE_BOOK, TaxBook
from webapp.fiscal.xml import NAMESPACE, xml
from webapp.platform.issues import ERROR

SOFTWARE = "SANDBOX_1.0"
AUTHORIZED = ("100", "Autorizado o uso da NF-e")
REASONS = {
    DUPLICATE: "Rejeicao: Duplicidade de NF-e",
    "213": "Rejeicao: CNPJ-Base do Emitente difere do CNPJ-Base do Certificado",
    "217": "Rejeicao: NF-e nao consta na base de dados da SEFAZ",
    "225": "Rejeicao: Falha no Schema XML da NFe",
    "236": "Rejeicao: Chave de Acesso com digito verificador invalido",
    "252": "Rejeicao: Ambiente informado diverge do Ambiente de recebimento",
    "291": "Rejeicao: Certificado Assinatura - erro Data Validade",
    "297": "Rejeicao: Assinatura difere do calculado",
    "539": "Rejeicao: Duplicidade de NF-e, com diferenca na Chave de Acesso",
    "703": "Rejeicao: Data-Hora de Emissao posterior ao horario de recebimento",
}


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An authorised note as the ledger keeps it."""

    access_key: str
    cnpj: str
    series: int
    number: int
    digest: str
    protocol: str
    received_at: datetime
    protnfe: bytes


class Ledger(Protocol):
    """What the sandbox remembers. `record` is atomic: False, and nothing kept, if the key or the
    number is there."""

    def find_key(self, access_key: str) -> LedgerEntry | None: ...

    def find_number(self, cnpj: str, series: int, number: int) -> LedgerEntry | None: ...

    def record(self, entry: LedgerEntry) -> bool: ...


class MemoryLedger:
    """A ledger that lives as long as its process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._keys: dict[str, LedgerEntry] = {}
        self._numbers: dict[tuple[str, int, int], LedgerEntry] = {}

    def find_key(self, access_key: str) -> LedgerEntry | None:
        return self._keys.get(access_key)

    def find_number(self, cnpj: str, series: int, number: int) -> LedgerEntry | None:
        return self._numbers.get((cnpj, series, number))

    def record(self, entry: LedgerEntry) -> bool:
        place = (entry.cnpj, entry.series, entry.number)
        with self._lock:
            if entry.access_key in self._keys or place in self._numbers:
                return False
            self._keys[entry.access_key] = self._numbers[place] = entry
        return True


class SandboxAuthority:
    """`now` gives the time of receipt (aware); `book` is what is known of rates and schemas."""

    def __init__(
        self,
        ledger: Ledger,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        book: TaxBook = EXAMPLE_BOOK,
    ):
        self._ledger, self._now, self._book = ledger, now, book

    def authorize(self, signed: list[bytes]) -> list[Answer]:
        return [self._judge(one) for one in signed]

    def query(self, access_keys: list[str]) -> list[Answer]:
        return [self._remembered(key) for key in access_keys]

    def _remembered(self, key: str) -> Answer:
        if len(key) != 44 or mod11(key[:43]) != key[43]:
            return _refused(key, "236")
        entry = self._ledger.find_key(key)
        return _authorized(entry) if entry else _refused(key, "217")

    def _judge(self, signed: bytes) -> Answer:
        received_at = self._now()
        try:
            document = etree.fromstring(signed, _parser())
        except etree.XMLSyntaxError:
            return _refused("", "225")
        doctype = cast(Any, document.getroottree().docinfo).doctype
        reading = Reading(document, None, received_at, self._book)
        package = self._book.package(reading.day)
        if doctype or package.problems(document) or not is_signed(document):
            return _refused("", "225")
        key = access_key_of(document)
        code, reason = self._fault(reading, received_at)
        if code:
            return _refused(key, code, reason)
        entry = _entry(document, signed, received_at)
        return self._duplicate(entry) or self._kept(entry)

    def _fault(self, reading: Reading, received_at: datetime) -> tuple[str, str]:
        """The first rule the document breaks, or two empty texts."""
        for issue in run_table(reading).issues:
            if issue.level == ERROR:
                ours = f"Rejeicao: {issue.message % issue.params}"
                return issue.code, REASONS.get(issue.code, ours)
        if reading.identification.get("tpAmb") != "2":
            return "252", REASONS["252"]
        try:
            certificate = reading.signed_by
        except SignatureError:  # of a file that another program wrote anew
            return "297", REASONS["297"]
        if not is_valid_on(certificate, received_at):
            return "291", REASONS["291"]
        issuer = reading.issuer.get("CNPJ", "")
        return ("", "") if cnpj_of(certificate)[:8] == issuer[:8] else ("213", REASONS["213"])

    def _duplicate(self, entry: LedgerEntry) -> Answer | None:
        if first := self._ledger.find_key(entry.access_key):
            return Answer(
                first.access_key,
                DUPLICATE,
                f"{REASONS[DUPLICATE]} [nProt: {first.protocol}]",
                first.protocol,
                first.received_at,
            )
        if other := self._ledger.find_number(entry.cnpj, entry.series, entry.number):
            return _refused(
                entry.access_key, "539", f"{REASONS['539']} [chNFe: {other.access_key}]"
            )
        return None

    def _kept(self, entry: LedgerEntry) -> Answer:
        if self._ledger.record(entry):
            return _authorized(entry)
        # Another process has recorded the key or the number since it was looked up.
        answer = self._duplicate(entry)
        assert answer is not None
        return answer


def _entry(document: etree._Element, signed: bytes, received_at: datetime) -> LedgerEntry:
    key, digest = access_key_of(document), digest_of(signed)
    protocol = f"1{key[:2]}{received_at:%y}{secrets.randbelow(10**10):010d}"
    zone = next(state.zone for state in STATES.values() if state.code == key[:2])
    code, reason = AUTHORIZED
    protnfe = xml(
        "protNFe",
        {
            "@xmlns": NAMESPACE,
            "@versao": VERSION,
            "infProt": {
                "tpAmb": "2",
                "verAplic": SOFTWARE,
                "chNFe": key,
                "dhRecbto": received_at.astimezone(zone).isoformat(timespec="seconds"),
                "nProt": protocol,
                "digVal": digest,
                "cStat": code,
                "xMotivo": reason,
            },
        },
    )
    return LedgerEntry(
        key, key[6:20], int(key[22:25]), int(key[25:34]), digest, protocol, received_at, protnfe
    )


def _authorized(entry: LedgerEntry) -> Answer:
    return Answer(entry.access_key, *AUTHORIZED, entry.protocol, entry.received_at, entry.protnfe)


def _refused(key: str, code: str, reason: str = "") -> Answer:
    return Answer(key, code, reason or REASONS[code])

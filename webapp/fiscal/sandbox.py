"""An authority in the house: judges as the real one does, gives protocols without fiscal value."""

import re
from collections.abc import Callable
from datetime import datetime

from webapp.fiscal.authority import (
    DOCUMENTS_FOUND,
    DUPLICATE,
    NO_DOCUMENTS,
    NOT_ANSWERED,
    UP,
    Answer,
    Batch,
    EventAnswer,
    RegistrationAnswer,
    ServiceStatus,
    VoidingAnswer,
)
from webapp.fiscal.certificate import cnpj_of
from webapp.fiscal.checks import run_table
from webapp.fiscal.digits import mod11
from webapp.fiscal.document import VERSION, access_key_of
from webapp.fiscal.reading import Reading
from webapp.fiscal.sandbox_events import (
    SOFTWARE,
    judge_event,
    judge_voiding,
    local_time,
    protocol_of,
)
from webapp.fiscal.sandbox_ledger import CANCELLATION, Ledger, LedgerEntry
from webapp.fiscal.signature import SignatureError, digest_of, is_signed, is_valid_on
from webapp.fiscal.tax_book import EXAMPLE_BOOK, TaxBook
from webapp.fiscal.xml import NAMESPACE, UnreadableXml, read_xml, xml
from webapp.platform.clock import utc_now
from webapp.platform.issues import ERROR

AUTHORIZED = ("100", "Autorizado o uso da NF-e")
# How a query tells of a cancelled note, by the code under which that was registered.
CANCELLED = {
    "135": ("101", "Cancelamento de NF-e homologado"),
    "155": ("151", "Cancelamento de NF-e homologado fora de prazo"),
}
MOST_DOCUMENTS = 50
_GRANTED = re.compile(rb"<cStat>([0-9]+)</cStat><xMotivo>([^<]*)</xMotivo>")
REASONS = {
    DUPLICATE: "Rejeicao: Duplicidade de NF-e",
    "206": "Rejeicao: NF-e ja esta inutilizada na Base de dados da SEFAZ",
    "213": "Rejeicao: CNPJ-Base do Emitente difere do CNPJ-Base do Certificado",
    "218": "Rejeicao: NF-e ja esta cancelada na base de dados da SEFAZ",
    "217": "Rejeicao: NF-e nao consta na base de dados da SEFAZ",
    "225": "Rejeicao: Falha no Schema XML da NFe",
    "236": "Rejeicao: Chave de Acesso com digito verificador invalido",
    "252": "Rejeicao: Ambiente informado diverge do Ambiente de recebimento",
    "291": "Rejeicao: Certificado Assinatura - erro Data Validade",
    "297": "Rejeicao: Assinatura difere do calculado",
    "539": "Rejeicao: Duplicidade de NF-e, com diferenca na Chave de Acesso",
    "703": "Rejeicao: Data-Hora de Emissao posterior ao horario de recebimento",
}


class SandboxAuthority:
    """`now` gives the time of receipt (aware); `book` is what is known of rates and schemas."""

    def __init__(
        self,
        ledger: Ledger,
        now: Callable[[], datetime] = utc_now,
        book: TaxBook = EXAMPLE_BOOK,
        granted: tuple[str, str] = AUTHORIZED,
    ):
        self._ledger, self.now, self._book, self._granted = ledger, now, book, granted

    def granting(self, code: str, reason: str) -> "SandboxAuthority":
        """The same, that authorises under another code than 100."""
        return SandboxAuthority(self._ledger, self.now, self._book, (code, reason))

    def authorize(self, signed: list[bytes]) -> list[Answer]:
        return [self._judge(one) for one in signed]

    def query(self, access_keys: list[str]) -> list[Answer]:
        return [self._remembered(key) for key in access_keys]

    def event(self, signed: list[bytes]) -> list[EventAnswer]:
        return [judge_event(one, self._ledger, self.now()) for one in signed]

    def void(self, signed: bytes) -> VoidingAnswer:
        return judge_voiding(signed, self._ledger, self.now())

    def status(self, contingency: bool = False) -> ServiceStatus:
        return ServiceStatus(UP, "Servico em Operacao")

    def register(self, state: str, cnpj: str) -> RegistrationAnswer:
        return RegistrationAnswer(NOT_ANSWERED, "O simulador nao tem cadastro")

    def distribution(self, state: str, cnpj: str, after_nsu: int) -> Batch:
        found = self._ledger.waiting(cnpj, after_nsu, MOST_DOCUMENTS)
        highest = self._ledger.highest_nsu(cnpj)
        if not found:
            return Batch(NO_DOCUMENTS, "Nenhum documento localizado", highest, highest)
        documents = tuple((one.nsu, one.schema, one.content) for one in found)
        return Batch(DOCUMENTS_FOUND, "Documento localizado", found[-1].nsu, highest, documents)

    def _remembered(self, key: str) -> Answer:
        if len(key) != 44 or mod11(key[:43]) != key[43]:
            return _refused(key, "236")
        entry = self._ledger.find_key(key)
        if not entry:
            return _refused(key, "217")
        events = self._ledger.events_of(key)
        codes = [CANCELLED[one.code] for one in events if one.kind == CANCELLATION]
        return _known(
            entry,
            *(codes[0] if codes else _granted(entry)),
            tuple(one.proc_event for one in events if one.proc_event),
        )

    def _judge(self, signed: bytes) -> Answer:
        received_at = self.now()
        try:
            document = read_xml(signed)
        except UnreadableXml:
            return _refused("", "225")
        reading = Reading(document, None, received_at, self._book)
        package = self._book.package(reading.day)
        if package.problems(document) or not is_signed(document):
            return _refused("", "225")
        key = access_key_of(document)
        code, reason = self._fault(reading, received_at)
        if code:
            return _refused(key, code, reason)
        entry = entry_of(key, digest_of(signed), received_at, self._granted)
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
            if any(one.kind == CANCELLATION for one in self._ledger.events_of(first.access_key)):
                return _refused(first.access_key, "218")
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
        number = (entry.cnpj, entry.series, entry.number, entry.number)
        return _refused(entry.access_key, "206") if self._ledger.voidings_of(*number) else None

    def _kept(self, entry: LedgerEntry) -> Answer:
        if self._ledger.record(entry):
            return _known(entry, *self._granted)
        # Another process has recorded the key or the number since it was looked up.
        answer = self._duplicate(entry)
        assert answer is not None
        return answer


def entry_of(
    key: str, digest: str, received_at: datetime, granted: tuple[str, str] = AUTHORIZED
) -> LedgerEntry:
    """A note that is authorised now, under a code and its reason."""
    protocol = protocol_of(key[:2], received_at)
    code, reason = granted
    protnfe = xml(
        "protNFe",
        {
            "@xmlns": NAMESPACE,
            "@versao": VERSION,
            "infProt": {
                "tpAmb": "2",
                "verAplic": SOFTWARE,
                "chNFe": key,
                "dhRecbto": local_time(received_at, key[:2]),
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


def _granted(entry: LedgerEntry) -> tuple[str, str]:
    """Under which code and reason it was authorised."""
    found = _GRANTED.search(entry.protnfe)
    assert found, "a protocol has both"
    return found[1].decode(), found[2].decode()


def _known(entry: LedgerEntry, code: str, reason: str, events: tuple[bytes, ...] = ()) -> Answer:
    return Answer(
        entry.access_key, code, reason, entry.protocol, entry.received_at, entry.protnfe, events
    )


def _refused(key: str, code: str, reason: str = "") -> Answer:
    return Answer(key, code, reason or REASONS[code])

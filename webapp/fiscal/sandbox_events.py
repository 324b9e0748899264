"""How the sandbox judges what follows a note: events (technical note 2011.006, annex of MOC 7.0)
and the voiding of numbers."""

import secrets
from datetime import datetime, timedelta

from cryptography import x509
from lxml import etree

from webapp.fiscal.authority import DUPLICATE_EVENT, VOIDED, EventAnswer, VoidingAnswer
from webapp.fiscal.cancelling import usual_hours
from webapp.fiscal.certificate import cnpj_of
from webapp.fiscal.digits import mod11
from webapp.fiscal.places import letters_of, zone_of_code
from webapp.fiscal.proc import event_proc
from webapp.fiscal.reading import Leaves, first_leaves, leaves, moment, named_by, own_leaves
from webapp.fiscal.sandbox_ledger import CANCELLATION, EventEntry, Ledger, VoidingEntry
from webapp.fiscal.schema import EVENTS, VOIDING, event_problems, problems
from webapp.fiscal.signature import SignatureError, is_signed, is_valid_on, verify
from webapp.fiscal.xml import NAMESPACE, UnreadableXml, read_xml, xml

SOFTWARE = "SANDBOX_1.0"
CONFIRMATION, UNDONE_DELIVERY = "210200", "110193"
MANIFESTATIONS = {"210200", "210210", "210220", "210240"}
LONG_AGO_HOURS = 720
MOST_VOIDED = 10_000
AHEAD = timedelta(minutes=5)
NAMES = {
    "110110": "Carta de Correcao",
    "110111": "Cancelamento",
    "110150": "Ator interessado na NF-e",
    "110192": "Insucesso na Entrega da NF-e",
    "110193": "Cancelamento Insucesso na Entrega da NF-e",
    "210200": "Confirmacao da Operacao",
    "210210": "Ciencia da Operacao",
    "210220": "Desconhecimento da Operacao",
    "210240": "Operacao nao Realizada",
}
REASONS = {
    "135": "Evento registrado e vinculado a NF-e",
    "136": "Evento registrado, mas nao vinculado a NF-e",
    "155": "Cancelamento homologado fora de prazo",
    "213": "Rejeicao: CNPJ-Base do Autor difere do CNPJ-Base do Certificado Digital",
    "215": "Rejeicao: Falha no schema XML",
    "218": "Rejeicao: NF-e ja esta cancelada na base de dados da SEFAZ",
    "220": "Rejeicao: Prazo de Cancelamento superior ao previsto na Legislacao",
    "221": "Rejeicao: Confirmado o recebimento da NF-e pelo destinatario",
    "222": "Rejeicao: Protocolo de Autorizacao de Uso difere do cadastrado",
    "236": "Rejeicao: Chave de Acesso com digito verificador invalido",
    "252": "Rejeicao: Ambiente informado diverge do Ambiente de recebimento",
    "291": "Rejeicao: Certificado Assinatura - erro Data Validade",
    "297": "Rejeicao: Assinatura difere do calculado",
    "491": "Rejeicao: O tpEvento informado invalido",
    "493": "Rejeicao: Evento nao atende o Schema XML especifico",
    "494": "Rejeicao: Chave de Acesso inexistente para o tpEvento que exige a existencia da NF-e",
    "501": "Rejeicao: Pedido de Cancelamento intempestivo",
    "572": "Rejeicao: Erro Atributo ID do evento nao corresponde a concatenacao dos campos",
    "573": "Rejeicao: Duplicidade de evento",
    "574": "Rejeicao: O autor do evento diverge do emissor da NF-e",
    "578": "Rejeicao: A data do evento nao pode ser maior que a data do processamento",
    "579": "Rejeicao: A data do evento nao pode ser menor que a data de autorizacao da NF-e",
    "580": "Rejeicao: O evento exige uma NF-e autorizada",
    "102": "Inutilizacao de numero homologado",
    "201": "Rejeicao: Numero maximo de numeracao a inutilizar ultrapassou o limite",
    "206": "Rejeicao: Numero da faixa ja esta inutilizado na Base de dados da SEFAZ",
    "224": "Rejeicao: A faixa inicial e maior que a faixa final",
    "241": "Rejeicao: Um numero da faixa ja foi utilizado",
    "256": "Rejeicao: A faixa ja esta inutilizada na Base de dados da SEFAZ",
    "453": "Rejeicao: Ano de inutilizacao nao pode ser superior ao Ano atual",
}


class Unfit(Exception):
    """The code of a refusal, and what its reason adds."""

    def __init__(self, code: str, more: str = ""):
        super().__init__(code)
        self.code, self.reason = code, REASONS[code] + more


def protocol_of(state_code: str, received_at: datetime) -> str:
    return f"1{state_code}{received_at:%y}{secrets.randbelow(10**10):010d}"


def judge_event(signed: bytes, ledger: Ledger, now: datetime) -> EventAnswer:
    answer = key, _kind, _sequence = named_by(signed)
    try:
        event = read_xml(signed)
        said = first_leaves(event)
        code = _fault_or_code(event, said, ledger, now)
    except UnreadableXml:
        return EventAnswer(*answer, "215", REASONS["215"])
    except Unfit as unfit:
        return EventAnswer(*answer, unfit.code, unfit.reason)
    protocol = protocol_of(key[:2], now)
    ret = ret_event(said, code, REASONS[code], now, protocol)
    entry = EventEntry(*answer, code, protocol, now, event_proc(signed, ret))
    if not ledger.record_event(entry):
        return EventAnswer(*answer, DUPLICATE_EVENT, REASONS[DUPLICATE_EVENT])
    return EventAnswer(*answer, code, REASONS[code], protocol, now, ret)


def _fault_or_code(event: etree._Element, said: Leaves, ledger: Ledger, now: datetime) -> str:
    """The code under which it is registered. Raises Unfit."""
    key, kind = said.get("chNFe", ""), said.get("tpEvento", "")
    if kind not in EVENTS:
        raise Unfit("491")
    if event_problems(event, kind):
        raise Unfit("493")
    _refuse_signature(event, said, now)
    if mod11(key[:43]) != key[43]:
        raise Unfit("236")
    if event[0].get("Id") != f"ID{kind}{key}{int(said['nSeqEvento']):02d}":
        raise Unfit("572")
    note = ledger.find_key(key)
    if not note and not (kind in MANIFESTATIONS and ledger.is_waiting(key)):
        raise Unfit("494")
    if kind not in MANIFESTATIONS and said.get("CNPJ") != key[6:20]:
        raise Unfit("574")
    happened_at = moment(said["dhEvento"], now)
    if happened_at > now + AHEAD:
        raise Unfit("578")
    registered = ledger.events_of(key)
    if any((one.kind, one.sequence) == (kind, int(said["nSeqEvento"])) for one in registered):
        raise Unfit(DUPLICATE_EVENT)
    if any(one.kind == CANCELLATION for one in registered):
        raise Unfit("218" if kind == CANCELLATION else "580")
    if not note:
        return "136"
    if happened_at < note.received_at.replace(microsecond=0):
        raise Unfit("579")
    if kind != CANCELLATION:
        return "135"
    if leaves(event[0]).get("nProt") != note.protocol:
        raise Unfit("222")
    if any(one.kind == CONFIRMATION for one in registered):
        raise Unfit("221")
    return _cancellation_code(key[:2], (now - note.received_at).total_seconds() / 3600)


def _cancellation_code(state_code: str, hours: float) -> str:
    in_time, late = usual_hours(letters_of(state_code))
    if hours <= in_time:
        return "135"
    if hours <= late:
        return "155"
    raise Unfit("501" if hours <= LONG_AGO_HOURS else "220")


def _refuse_signature(document: etree._Element, said: Leaves, now: datetime) -> None:
    certificate = _signer_of(document)
    if not is_valid_on(certificate, now):
        raise Unfit("291")
    if cnpj_of(certificate)[:8] != said.get("CNPJ", "")[:8]:
        raise Unfit("213")
    if said.get("tpAmb") != "2":
        raise Unfit("252")


def _signer_of(document: etree._Element) -> x509.Certificate:
    try:
        return verify(document)
    except SignatureError as error:  # also of a file that another program wrote anew
        raise Unfit("297") from error


def ret_event(
    said: Leaves, code: str, reason: str, now: datetime, protocol: str | None = None
) -> bytes:
    """The retEvento to an event whose fields are `said`."""
    key = said.get("chNFe", "")
    return xml(
        "retEvento",
        {
            "@xmlns": NAMESPACE,
            "@versao": "1.00",
            "infEvento": {
                "tpAmb": "2",
                "verAplic": SOFTWARE,
                "cOrgao": said.get("cOrgao", "91"),
                "cStat": code,
                "xMotivo": reason,
                "chNFe": key or None,
                "tpEvento": said.get("tpEvento"),
                "xEvento": NAMES.get(said.get("tpEvento", "")),
                "nSeqEvento": said.get("nSeqEvento"),
                "dhRegEvento": local_time(now, key[:2]),
                "nProt": protocol,
            },
        },
    )


def local_time(at: datetime, state_code: str) -> str:
    return at.astimezone(zone_of_code(state_code)).isoformat(timespec="seconds")


def judge_voiding(signed: bytes, ledger: Ledger, now: datetime) -> VoidingAnswer:
    try:
        document = read_xml(signed)
        if problems(document, VOIDING) or not is_signed(document):
            raise Unfit("215")
        said = own_leaves(document[0])
        _refuse_signature(document, said, now)
        return _voided(said, ledger, now)
    except UnreadableXml:
        return VoidingAnswer("215", REASONS["215"])
    except Unfit as unfit:
        return VoidingAnswer(unfit.code, unfit.reason)


def _voided(said: Leaves, ledger: Ledger, now: datetime) -> VoidingAnswer:
    first, last = int(said["nNFIni"]), int(said["nNFFin"])
    if first > last:
        raise Unfit("224")
    if last - first >= MOST_VOIDED:
        raise Unfit("201")
    if said["ano"] > local_time(now, said["cUF"])[2:4]:
        raise Unfit("453")
    place = (said["CNPJ"], int(said["serie"]), first, last)
    if ledger.find_numbers(*place):
        raise Unfit("241")
    protocol = protocol_of(said["cUF"], now)
    ret = ret_voiding(said, VOIDED, REASONS[VOIDED], now, protocol)
    if ledger.record_voiding(VoidingEntry(*place, protocol, now, ret)):
        return VoidingAnswer(VOIDED, REASONS[VOIDED], protocol, now, ret)
    former = ledger.voidings_of(*place)[0]
    if (former.first, former.last) != (first, last):
        raise Unfit("206")
    more = f" [nProt:{former.protocol}]"
    return VoidingAnswer(
        "256", REASONS["256"] + more, former.protocol, former.received_at, former.ret_void
    )


def ret_voiding(
    said: Leaves, code: str, reason: str, now: datetime, protocol: str | None = None
) -> bytes:
    """The retInutNFe to a voiding whose fields are `said`."""
    repeated = ("cUF", "ano", "CNPJ", "mod", "serie", "nNFIni", "nNFFin")
    return xml(
        "retInutNFe",
        {
            "@xmlns": NAMESPACE,
            "@versao": "4.00",
            "infInut": {
                "tpAmb": "2",
                "verAplic": SOFTWARE,
                "cStat": code,
                "xMotivo": reason,
                **{name: said.get(name) for name in repeated},
                "dhRecbto": local_time(now, said.get("cUF", "")),
                "nProt": protocol,
            },
        },
    )

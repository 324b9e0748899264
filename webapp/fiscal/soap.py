"""What is sent to the real authority and what comes back, as bytes: SOAP 1.2, the signed documents
inside untouched.

The envelope has no prefixes: what stands above a document is not in scope inside it, so that its
signature holds where it is. Answers are read with tolerance for their envelope (SOAP 1.1 or 1.2,
prefixes, a text instead of elements) and none for what they say.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from lxml import etree

from webapp.fiscal.authority import (
    Answer,
    Batch,
    EventAnswer,
    Registration,
    RegistrationAnswer,
    Service,
    ServiceStatus,
    VoidingAnswer,
)
from webapp.fiscal.reading import Leaves, moment, own_leaves
from webapp.fiscal.signature import digest_of
from webapp.fiscal.xml import NAMESPACE, Section, UnreadableXml, escape, read_xml, xml
from webapp.platform.issues import N_
from webapp.platform.whole import whole_number

_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_WSDL = f"{NAMESPACE}/wsdl/"
_IN = f"{{{NAMESPACE}}}"
PROCESSED_LOT, PROCESSED_EVENTS = "104", "128"
MOST_REASON = 255
# Of one unpacked document of the distribution.
MOST_UNPACKED = 5 * 1024 * 1024
_STATUS_CODE = re.compile(r"[0-9]{3,4}", re.ASCII)

NO_XML = N_("Its answer cannot be read: it was cut short, or is no XML.")
OTHER_FORM = N_("Its answer is of another form than SEFAZ's services give.")
A_FAULT = N_("It answered with a fault of its own instead of an answer.")
OTHER_DOCUMENT = N_("Its answer is about another document than the one that was sent.")
OTHER_DIGEST = N_("Its protocol is of another content than the one that was sent.")


class BadAnswer(ValueError):
    """`cause`: what is wrong with it, a message for people; `detail`: what it said."""

    def __init__(self, cause: str, detail: str = ""):
        super().__init__(cause)
        self.cause, self.detail = cause, detail[:200]


class Operation(NamedTuple):
    """A service's name in its namespace, its operation, and the root of its answers."""

    name: str
    action: str
    answer: str


OPERATIONS = {
    Service.AUTHORIZATION: Operation("NFeAutorizacao4", "nfeAutorizacaoLote", "retEnviNFe"),
    Service.QUERY: Operation("NFeConsultaProtocolo4", "nfeConsultaNF", "retConsSitNFe"),
    Service.STATUS: Operation("NFeStatusServico4", "nfeStatusServicoNF", "retConsStatServ"),
    Service.EVENT: Operation("NFeRecepcaoEvento4", "nfeRecepcaoEvento", "retEnvEvento"),
    Service.VOIDING: Operation("NFeInutilizacao4", "nfeInutilizacaoNF", "retInutNFe"),
    Service.REGISTER: Operation("CadConsultaCadastro4", "consultaCadastro", "retConsCad"),
    Service.DISTRIBUTION: Operation("NFeDistribuicaoDFe", "nfeDistDFeInteresse", "retDistDFeInt"),
}


# -- what is sent ---------------------------------------------------------------------------------


def content_type(service: Service) -> str:
    operation = OPERATIONS[service]
    action = f"{_WSDL}{operation.name}/{operation.action}"
    return f'application/soap+xml; charset=utf-8; action="{action}"'


def envelope(service: Service, message: bytes) -> bytes:
    operation = OPERATIONS[service]
    namespace = f'xmlns="{_WSDL}{operation.name}"'
    # The distribution alone names its operation around the message.
    outer = operation.action if service is Service.DISTRIBUTION else ""
    head, tail = (f"<{outer} {namespace}>", f"</{outer}>") if outer else ("", "")
    return b"".join(
        (
            b'<?xml version="1.0" encoding="UTF-8"?>',
            f'<Envelope xmlns="{_SOAP}"><Body>{head}<nfeDadosMsg {namespace}>'.encode(),
            message,
            f"</nfeDadosMsg>{tail}</Body></Envelope>".encode(),
        )
    )


def lot_of_one(signed: bytes, lot: int) -> bytes:
    """A lot of one note must be answered at once (452)."""
    head = f'<enviNFe xmlns="{NAMESPACE}" versao="4.00"><idLote>{lot}</idLote><indSinc>1</indSinc>'
    return b"".join((head.encode(), signed, b"</enviNFe>"))


def events(signed: bytes, lot: int) -> bytes:
    head = f'<envEvento xmlns="{NAMESPACE}" versao="1.00"><idLote>{lot}</idLote>'
    return b"".join((head.encode(), signed, b"</envEvento>"))


def query(access_key: str, environment: str) -> bytes:
    return _message(
        "consSitNFe", "4.00", {"tpAmb": environment, "xServ": "CONSULTAR", "chNFe": access_key}
    )


def status(state_code: str, environment: str) -> bytes:
    return _message(
        "consStatServ", "4.00", {"tpAmb": environment, "cUF": state_code, "xServ": "STATUS"}
    )


def register(state: str, cnpj: str) -> bytes:
    return _message(
        "ConsCad", "2.00", {"infCons": {"xServ": "CONS-CAD", "UF": state, "CNPJ": cnpj}}
    )


def distribution(state_code: str, cnpj: str, after_nsu: int, environment: str) -> bytes:
    asked = {"tpAmb": environment, "cUFAutor": state_code, "CNPJ": cnpj}
    return _message("distDFeInt", "1.01", {**asked, "distNSU": {"ultNSU": f"{after_nsu:015d}"}})


def _message(tag: str, version: str, content: Section) -> bytes:
    return xml(tag, {"@xmlns": NAMESPACE, "@versao": version, **content})


# -- what comes back ------------------------------------------------------------------------------


def read(service: Service, body: bytes) -> etree._Element:
    """The root of the service's own answer. Raises BadAnswer."""
    try:
        document = read_xml(body)
        tag = _IN + OPERATIONS[service].answer
        for root in (document, *_written_as_text(document)):
            if (found := next(root.iter(tag), None)) is not None:
                return found
    except UnreadableXml as error:
        raise BadAnswer(NO_XML, str(error)) from error
    fault = next(document.iter("{*}Fault"), None)
    if fault is not None:
        said = " ".join(str(text) for text in fault.itertext())
        raise BadAnswer(A_FAULT, " ".join(said.split()))
    raise BadAnswer(OTHER_FORM, etree.QName(document).localname)


def _written_as_text(document: etree._Element) -> Iterator[etree._Element]:
    for result in document.iter("{*}nfeResultMsg", "{*}nfeDistDFeInteresseResult"):
        if (result.text or "").strip().startswith("<"):
            yield read_xml((result.text or "").strip().encode())


def note_answer(key: str, signed: bytes, answer: etree._Element, now: datetime) -> Answer:
    """To a lot of one note. Raises BadAnswer where it is about anything else than what was sent."""
    code, reason = _said(answer)
    protocol = answer.find(f"{_IN}protNFe")
    if protocol is None:
        if code == PROCESSED_LOT:
            raise BadAnswer(OTHER_FORM, reason)
        return Answer(key, code, reason)
    found = _of_protocol(key, protocol, now)
    if found.is_authorized and found.protnfe:
        digest = f"<digVal>{digest_of(signed)}</digVal>".encode()
        if digest not in found.protnfe:
            raise BadAnswer(OTHER_DIGEST, found.access_key)
    return found


def key_answer(key: str, answer: etree._Element, now: datetime) -> Answer:
    """To a query. Raises BadAnswer where it is about another key."""
    code, reason = _said(answer)
    if own_leaves(answer).get("chNFe", key) != key:
        raise BadAnswer(OTHER_DOCUMENT, key)
    registered = tuple(written(one) for one in answer.iterchildren(f"{_IN}procEventoNFe"))
    protocol = answer.find(f"{_IN}protNFe")
    if protocol is None:
        return Answer(key, code, reason, events=registered)
    found = _of_protocol(key, protocol, now)
    return Answer(
        key, code, reason, found.protocol, found.received_at, found.protnfe, events=registered
    )


def _of_protocol(key: str, protocol: etree._Element, now: datetime) -> Answer:
    said = own_leaves(_child(protocol, "infProt"))
    code, reason = _code(said), _reason(said)
    if said.get("chNFe", key) != key:
        raise BadAnswer(OTHER_DOCUMENT, said["chNFe"])
    number = said.get("nProt")
    if not number:
        return Answer(key, code, reason)
    received_at = moment(said.get("dhRecbto", ""), now).astimezone(UTC)
    return Answer(key, code, reason, number, received_at, written(protocol))


def event_answer(asked: tuple[str, str, int], answer: etree._Element, now: datetime) -> EventAnswer:
    """To a lot of one event, `asked`: its key, kind and sequence. Raises BadAnswer where it is
    about another one."""
    code, reason = _said(answer)
    ret = answer.find(f"{_IN}retEvento")
    if ret is None:
        if code == PROCESSED_EVENTS:
            raise BadAnswer(OTHER_FORM, reason)
        return EventAnswer(*asked, code, reason)
    said = own_leaves(_child(ret, "infEvento"))
    names = dict(zip(("chNFe", "tpEvento", "nSeqEvento"), map(str, asked), strict=True))
    if any(said.get(tag, wanted) != wanted for tag, wanted in names.items()):
        raise BadAnswer(OTHER_DOCUMENT, said.get("chNFe", ""))
    found = EventAnswer(*asked, _code(said), _reason(said))
    if not found.is_registered:
        return found
    registered_at = moment(said.get("dhRegEvento", ""), now).astimezone(UTC)
    return EventAnswer(
        *asked, found.code, found.reason, said.get("nProt"), registered_at, written(ret)
    )


def voiding_answer(signed: bytes, answer: etree._Element, now: datetime) -> VoidingAnswer:
    """Raises BadAnswer where it is about other numbers."""
    said = own_leaves(_child(answer, "infInut"))
    for tag in ("CNPJ", "serie", "nNFIni", "nNFFin"):
        if tag in said and f"<{tag}>{said[tag]}</{tag}>".encode() not in signed:
            raise BadAnswer(OTHER_DOCUMENT, said[tag])
    found = VoidingAnswer(_code(said), _reason(said))
    if not found.is_done:
        return found
    received_at = moment(said.get("dhRecbto", ""), now).astimezone(UTC)
    return VoidingAnswer(found.code, found.reason, said.get("nProt"), received_at, written(answer))


def status_answer(answer: etree._Element) -> ServiceStatus:
    return ServiceStatus(*_said(answer))


def register_answer(answer: etree._Element) -> RegistrationAnswer:
    inside = _child(answer, "infCons")
    found = [own_leaves(one) for one in inside.iterchildren(f"{_IN}infCad")]
    entries = tuple(
        Registration(
            one.get("UF", ""),
            one.get("CNPJ") or one.get("CPF", ""),
            one.get("IE", ""),
            one.get("cSit") == "1",
            one.get("xNome", ""),
        )
        for one in found
    )
    return RegistrationAnswer(*_said(inside), entries)


def batch_answer(after_nsu: int, answer: etree._Element) -> Batch:
    """Raises BadAnswer for documents that cannot be unpacked."""
    said = own_leaves(answer)
    last = whole_number(said.get("ultNSU", "")) or after_nsu
    highest = whole_number(said.get("maxNSU", "")) or last
    documents = tuple(
        (whole_number(one.get("NSU", "")) or 0, one.get("schema", ""), _unpacked(one.text or ""))
        for one in answer.iter(f"{_IN}docZip")
    )
    return Batch(*_said(answer), last, highest, documents)


def _unpacked(packed: str) -> bytes:
    try:
        unzip = zlib.decompressobj(31)
        content = unzip.decompress(base64.b64decode(packed), MOST_UNPACKED)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise BadAnswer(OTHER_FORM, "docZip") from error
    if not unzip.eof:
        raise BadAnswer(OTHER_FORM, "docZip")
    return content


def _child(element: etree._Element, tag: str) -> etree._Element:
    found = element.find(_IN + tag)
    if found is None:
        raise BadAnswer(OTHER_FORM, tag)
    return found


def _said(element: etree._Element) -> tuple[str, str]:
    said = own_leaves(element)
    return _code(said), _reason(said)


def _code(said: Leaves) -> str:
    code = said.get("cStat", "")
    if not _STATUS_CODE.fullmatch(code):
        raise BadAnswer(OTHER_FORM, f"cStat {code}")
    return code


def _reason(said: Leaves) -> str:
    return said.get("xMotivo", "")[:MOST_REASON]


def written(element: etree._Element) -> bytes:
    """A part of an answer as a document of its own, without prefixes, which a note's file must not
    have."""
    return _text_of(element, "").encode()


def _text_of(element: etree._Element, outer: str) -> str:
    name = etree.QName(element)
    namespace = name.namespace or ""
    items = [(str(key), str(value)) for key, value in element.items()]
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in items)
    if namespace != outer:
        attributes = f' xmlns="{namespace}"{attributes}'
    inside = _escaped(element.text) + "".join(
        _text_of(child, namespace) + _escaped(child.tail) for child in element
    )
    return f"<{name.localname}{attributes}>{inside}</{name.localname}>"


def _escaped(text: str | None) -> str:
    return (text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

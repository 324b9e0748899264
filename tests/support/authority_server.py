"""A SEFAZ on loopback that speaks the real protocol: TLS of both sides with a CA of its own, SOAP
1.2, each message and each answer held against the official schemas. The sandbox judges inside.

`bad` is what goes wrong with the next answers: a name of BAD, or none.
"""

import base64
import gzip
import ipaddress
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree

from tests.support.certificates import key_of as private_key
from webapp.authority.connections import context
from webapp.fiscal.access_key import key_of
from webapp.fiscal.authority import Service
from webapp.fiscal.certificate import CNPJ_OID, Certificate, certificate_of
from webapp.fiscal.reading import named_by, own_leaves
from webapp.fiscal.sandbox import SandboxAuthority
from webapp.fiscal.sandbox_events import local_time, ret_event, ret_voiding
from webapp.fiscal.sandbox_ledger import MemoryLedger
from webapp.fiscal.schema import BUILT_IN, events_package
from webapp.fiscal.signature import digest_of
from webapp.fiscal.soap import OPERATIONS
from webapp.fiscal.xml import NAMESPACE, Section, xml
from webapp.platform.clock import utc_now

CNPJ = "99888777000100"
SERVER = "SEFAZ_1.0"
_MESSAGE = re.compile(rb"<nfeDadosMsg [^>]*>(.*)</nfeDadosMsg>", re.DOTALL)
_NOTE = re.compile(rb"<NFe .*</NFe>", re.DOTALL)
_EVENT = re.compile(rb"<evento .*</evento>", re.DOTALL)
SCHEMAS = {
    Service.AUTHORIZATION: ("enviNFe_v4.00.xsd", "retEnviNFe_v4.00.xsd"),
    Service.QUERY: ("consSitNFe_v4.00.xsd", "retConsSitNFe_v4.00.xsd"),
    Service.STATUS: ("consStatServ_v4.00.xsd", "retConsStatServ_v4.00.xsd"),
    Service.VOIDING: ("inutNFe_v4.00.xsd", "retInutNFe_v4.00.xsd"),
}


# -- certificates ---------------------------------------------------------------------------------


class Authority(NamedTuple):
    """A CA for tests."""

    key: rsa.RSAPrivateKey
    x509: x509.Certificate

    @property
    def pem(self) -> str:
        return self.x509.public_bytes(Encoding.PEM).decode()


def make_ca(name: str = "CA de teste", key: rsa.RSAPrivateKey | None = None) -> Authority:
    key = key or private_key(2049)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, subject, key).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), True
    )
    return Authority(key, builder.sign(key, hashes.SHA256()))


def issue(ca: Authority, name: str, alternative: x509.GeneralName) -> Certificate:
    key = private_key(2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, ca.x509.subject, key)
    builder = builder.add_extension(x509.SubjectAlternativeName([alternative]), False)
    return certificate_of(key, builder.sign(ca.key, hashes.SHA256()))


def company(ca: Authority, cnpj: str = CNPJ) -> Certificate:
    """An A1 certificate of a company."""
    value = b"\x0c" + bytes([len(cnpj)]) + cnpj.encode()
    return issue(ca, f"Pico Nevado:{cnpj}", x509.OtherName(CNPJ_OID, value))


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey):
    # Judged by this machine's clock and by the shop's, which may be moved.
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, utc_now()) - timedelta(hours=1))
        .not_valid_after(max(now, utc_now()) + timedelta(days=30))
    )


# -- what it answers ------------------------------------------------------------------------------


class Refused(Exception):
    """By the transport: an HTTP status."""

    def __init__(self, status: int):
        super().__init__(status)
        self.status = status


class Sefaz:
    """`ledger` is what it remembers, `seen` each message as it came, by its service."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self.judge = SandboxAuthority(self.ledger)
        self.seen: list[tuple[Service, bytes]] = []
        self.bad = ""
        self.answers: dict[Service, Callable[[bytes], bytes]] = {
            Service.AUTHORIZATION: self._authorized,
            Service.QUERY: self._queried,
            Service.STATUS: self._status,
            Service.EVENT: self._event,
            Service.VOIDING: self._voided,
            Service.REGISTER: self._registered,
            Service.DISTRIBUTION: self._distributed,
        }

    def answer(self, content_type: str, body: bytes) -> bytes:
        """The SOAP answer. Raises Refused for what is no SOAP 1.2 of a service."""
        service = _service_of(content_type)
        found = _MESSAGE.search(body)
        if not found or b"<?xml" in found[1] or not body.startswith(b"<?xml"):
            raise Refused(400)
        message = found[1]
        self.seen.append((service, message))
        sent, given = SCHEMAS.get(service, ("", ""))
        if sent and (wrong := _problems(message, sent)) and service is not Service.AUTHORIZATION:
            raise AssertionError(f"sent in another form than the schema's: {wrong}")
        answer = self.answers[service](message)
        if given:
            assert _problems(answer, given) == [], "the server's own answer is of another form"
        return _enveloped(service, answer)

    def _authorized(self, message: bytes) -> bytes:
        lot = own_leaves(etree.fromstring(message))
        found = _NOTE.search(message)
        if lot.get("indSinc") != "1" or not found:
            return _result("retEnviNFe", {"cStat": "452", "xMotivo": "Rejeicao: indSinc"})
        signed = found[0]
        (answer,) = self.judge.authorize([signed])
        if not answer.access_key:
            return _result("retEnviNFe", {"cStat": answer.code, "xMotivo": answer.reason})
        protocol = answer.protnfe or _refusal(signed, answer.code, answer.reason)
        said = {"cStat": "104", "xMotivo": "Lote processado"}
        return _result("retEnviNFe", said, protocol)

    def _queried(self, message: bytes) -> bytes:
        key = own_leaves(etree.fromstring(message))["chNFe"]
        (answer,) = self.judge.query([key])
        said = {"cStat": answer.code, "xMotivo": answer.reason}
        events = b"".join(one.partition(b"?>")[2] for one in answer.events)
        inside = (answer.protnfe or b"") + events
        return _result("retConsSitNFe", said, inside, key)

    def _status(self, message: bytes) -> bytes:
        status = self.judge.status()
        return _result("retConsStatServ", {"cStat": status.code, "xMotivo": status.reason})

    def _event(self, message: bytes) -> bytes:
        found = _EVENT.search(message)
        assert found and _problems(message, "envEvento_v1.00.xsd", "nfe_evento_generico") == []
        (answer,) = self.judge.event([found[0]])
        key, kind, sequence = named_by(found[0])
        said = {"chNFe": key, "tpEvento": kind, "nSeqEvento": str(sequence)}
        ret = answer.ret_event or ret_event(said, answer.code, answer.reason, utc_now())
        head = {"idLote": "1", "tpAmb": "2", "verAplic": SERVER, "cOrgao": key[:2] or "91"}
        head |= {"cStat": "128", "xMotivo": "Lote de Evento Processado"}
        return _closed("retEnvEvento", "1.00", head, ret)

    def _voided(self, message: bytes) -> bytes:
        answer = self.judge.void(message)
        said = own_leaves(etree.fromstring(message)[0])
        return (
            answer.ret_void
            if answer.is_done and answer.ret_void
            else ret_voiding(said, answer.code, answer.reason, utc_now())
        )

    def _registered(self, message: bytes) -> bytes:
        asked = own_leaves(etree.fromstring(message)[0])
        known = {"IE": "110042490114", "CNPJ": asked["CNPJ"], "UF": asked["UF"], "cSit": "1"}
        inside: Section = {"cStat": "111", "xMotivo": "Consulta cadastro com uma ocorrencia"}
        inside |= {"UF": asked["UF"], "infCad": [known | {"xNome": "Livraria Horizonte Ltda"}]}
        return xml("retConsCad", {"@xmlns": NAMESPACE, "@versao": "2.00", "infCons": inside})

    def _distributed(self, message: bytes) -> bytes:
        root = etree.fromstring(message)
        asked = own_leaves(root) | own_leaves(root[-1])
        batch = self.judge.distribution("SP", asked["CNPJ"], int(asked["ultNSU"]))
        head = {"tpAmb": "2", "verAplic": SERVER, "cStat": batch.code, "xMotivo": batch.reason}
        head |= {"dhResp": local_time(utc_now(), "35")}
        head |= {"ultNSU": f"{batch.last_nsu:015d}", "maxNSU": f"{batch.highest_nsu:015d}"}
        packed = b"".join(_packed(*one) for one in batch.documents)
        lot = b"<loteDistDFeInt>" + packed + b"</loteDistDFeInt>" if packed else b""
        return _closed("retDistDFeInt", "1.01", head, lot)


def _service_of(content_type: str) -> Service:
    if not content_type.startswith("application/soap+xml; charset=utf-8"):
        raise Refused(415)
    for service, operation in OPERATIONS.items():
        if f'/{operation.name}/{operation.action}"' in content_type:
            return service
    raise Refused(400)


def _problems(document: bytes, name: str, folder: str = "") -> list:
    package = events_package(folder) if folder else BUILT_IN
    return package.problems(etree.fromstring(document), name)


def _enveloped(service: Service, answer: bytes) -> bytes:
    operation = OPERATIONS[service]
    namespace = f"{NAMESPACE}/wsdl/{operation.name}"
    head, tail = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'>", "</s:Envelope>"
    if service is Service.DISTRIBUTION:
        wrapped = "nfeDistDFeInteresseResponse", "nfeDistDFeInteresseResult"
        opened = f"<{wrapped[0]} xmlns='{namespace}'><{wrapped[1]}>"
        closed = f"</{wrapped[1]}></{wrapped[0]}>"
    else:
        opened, closed = f"<nfeResultMsg xmlns='{namespace}'>", "</nfeResultMsg>"
    return f"{head}<s:Body>{opened}".encode() + answer + f"{closed}</s:Body>{tail}".encode()


def _result(tag: str, said: Section, inside: bytes = b"", key: str = "") -> bytes:
    head = {
        "tpAmb": "2",
        "verAplic": SERVER,
        **said,
        "cUF": "35",
        "dhRecbto": local_time(utc_now(), "35"),
        "chNFe": key or None,
    }
    return _closed(tag, "4.00", head, inside)


def _closed(tag: str, version: str, head: Section, inside: bytes) -> bytes:
    whole = xml(tag, {"@xmlns": NAMESPACE, "@versao": version, **head})
    return whole.removesuffix(f"</{tag}>".encode()) + inside + f"</{tag}>".encode()


def _refusal(signed: bytes, code: str, reason: str) -> bytes:
    inside = {
        "tpAmb": "2",
        "verAplic": SERVER,
        "chNFe": key_of(signed),
        "dhRecbto": local_time(utc_now(), "35"),
        "digVal": digest_of(signed),
        "cStat": code,
        "xMotivo": reason,
    }
    return xml("protNFe", {"@xmlns": NAMESPACE, "@versao": "4.00", "infProt": inside})


def _packed(nsu: int, schema: str, content: bytes) -> bytes:
    packed = base64.b64encode(gzip.compress(content)).decode()
    return f'<docZip NSU="{nsu:015d}" schema="{schema}">{packed}</docZip>'.encode()


# -- what goes wrong ------------------------------------------------------------------------------

_FAULT = (
    b"<Envelope xmlns='http://www.w3.org/2003/05/soap-envelope'><Body><Fault><Code><Value>Receiver"
    b"</Value></Code><Reason><Text>Server was unable to process</Text></Reason></Fault></Body>"
    b"</Envelope>"
)
_OTHER_KEY = "35260511222333000181550010000000071123456785"


def _about_another(answer: bytes) -> bytes:
    return re.sub(rb"(<chNFe>)[^<]*", rb"\g<1>" + _OTHER_KEY.encode(), answer)


def _of_other_content(answer: bytes) -> bytes:
    return re.sub(rb"(<digVal>)[^<]*", rb"\g<1>AnotherDigest00000000000000=", answer)


# What the answer, judged as ever, is turned into before it is sent with status 200.
CHANGED: dict[str, Callable[[bytes], bytes]] = {
    "short": lambda answer: answer[: len(answer) // 2],
    "no xml": lambda answer: b"Servico em manutencao",
    "html": lambda answer: b"<html><body>Servico em manutencao</body></html>",
    "doctype": lambda answer: b'<!DOCTYPE a [<!ENTITY b "c">]>' + answer,
    "namespace": lambda answer: answer.replace(f'xmlns="{NAMESPACE}"'.encode(), b'xmlns="urn:x"'),
    "another's": _about_another,
    "other content": _of_other_content,
    "no code": lambda answer: re.sub(rb"<cStat>[^<]*</cStat>", b"", answer),
    "fault": lambda answer: _FAULT,
    "huge": lambda answer: answer + b" " * (100 * 2**20 - len(answer)),
}
STATUSES = {"500": 500, "503": 503, "403": 403, "404": 404, "redirect": 302}
BAD = (*CHANGED, *STATUSES, "half", "dropped", "silent")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_POST(self) -> None:
        sefaz, bad = self.server.sefaz, self.server.sefaz.bad
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            answer = sefaz.answer(self.headers["Content-Type"], body)
        except Refused as refused:
            self.give(refused.status, b"")
            return
        if bad == "silent":
            self.server.closing.wait()
        elif bad != "dropped":
            status = STATUSES.get(bad, 200)
            self.give(status, CHANGED.get(bad, bytes)(answer), half=bad == "half")
        if bad in ("silent", "dropped", "half"):
            self.close_connection = True

    def give(self, status: int, body: bytes, half: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, own: Certificate, callers: str):
        super().__init__(("127.0.0.1", 0), Handler)
        self.sefaz, self.closing = Sefaz(), threading.Event()
        tls = context(own, callers, ssl.PROTOCOL_TLS_SERVER)
        tls.verify_mode = ssl.CERT_REQUIRED
        self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def address(self, authorizer: str, service: Service, production: bool) -> str:
        """As `service_addresses.address_of` has it: all of them are here."""
        return f"https://127.0.0.1:{self.server_port}/{authorizer}/{service}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Who hangs up, or has no certificate, is no fault of the server."""


@contextmanager
def serving(ca: Authority) -> Iterator[Server]:
    """A server whose certificate is of `ca`, as those of its callers must be."""
    own = issue(ca, "localhost", x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    with Server(own, ca.pem) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()

"""Events and voidings built by hand, for the tests of those who judge them."""

from datetime import datetime

from lxml import etree

from tests.support.fiscal_notes import NOW
from webapp.fiscal.places import zone_of_code
from webapp.fiscal.signature import Signer
from webapp.fiscal.xml import NAMESPACE, Section, xml

REASON = "Erro de digitacao no pedido"
CONDITIONS = (
    "A Carta de Correcao e disciplinada pelo paragrafo 1o-A do art. 7o do Convenio S/N, de 15 de "
    "dezembro de 1970 e pode ser utilizada para regularizacao de erro ocorrido na emissao de "
    "documento fiscal, desde que o erro nao esteja relacionado com: I - as variaveis que "
    "determinam o valor do imposto tais como: base de calculo, aliquota, diferenca de preco, "
    "quantidade, valor da operacao ou da prestacao; II - a correcao de dados cadastrais que "
    "implique mudanca do remetente ou do destinatario; III - a data de emissao ou de saida."
)


def event(
    signer: Signer,
    key: str,
    kind: str,
    details: Section,
    sequence: int = 1,
    at: datetime = NOW,
    **changes: str,
) -> bytes:
    """A signed event of the issuer that the key names; `changes` are of its own fields."""
    fields = {
        "@Id": f"ID{kind}{key}{sequence:02d}",
        "cOrgao": key[:2],
        "tpAmb": "2",
        "CNPJ": key[6:20],
        "chNFe": key,
        "dhEvento": at.astimezone(zone_of_code(key[:2])).isoformat(timespec="seconds"),
        "tpEvento": kind,
        "nSeqEvento": str(sequence),
        "verEvento": "1.00",
        "detEvento": {"@versao": "1.00", **details},
    }
    body = {"@xmlns": NAMESPACE, "@versao": "1.00", "infEvento": fields | changes}
    return signer.sign(etree.fromstring(xml("evento", body)))


def cancellation(signer: Signer, key: str, protocol: str, **changes) -> bytes:
    details = {"descEvento": "Cancelamento", "nProt": protocol, "xJust": REASON}
    return event(signer, key, "110111", details, **changes)


def correction(signer: Signer, key: str, sequence: int = 1, **changes) -> bytes:
    details = {
        "descEvento": "Carta de Correcao",
        "xCorrecao": "Volumes: onde se le 1, leia-se 2",
        "xCondUso": CONDITIONS,
    }
    return event(signer, key, "110110", details, sequence, **changes)


def year_of(moment: datetime) -> str:
    """As a voiding writes it, where its issuer is."""
    return f"{moment.astimezone(zone_of_code('35')):%y}"


def voiding(
    signer: Signer, cnpj: str, first: int, last: int, series: int = 1, **changes: str
) -> bytes:
    fields = {
        "@Id": f"ID35{changes.get('ano', '26')}{cnpj}55{series:03d}{first:09d}{last:09d}",
        "tpAmb": "2",
        "xServ": "INUTILIZAR",
        "cUF": "35",
        "ano": "26",
        "CNPJ": cnpj,
        "mod": "55",
        "serie": str(series),
        "nNFIni": str(first),
        "nNFFin": str(last),
        "xJust": REASON,
    }
    body = {"@xmlns": NAMESPACE, "@versao": "4.00", "infInut": fields | changes}
    return signer.sign(etree.fromstring(xml("inutNFe", body)))

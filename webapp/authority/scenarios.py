"""What the sandbox is told to answer next: an administrator rehearses what an authority can say."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select, update

from webapp.authority.models import SandboxScenario
from webapp.fiscal.authority import AuthorityAway, Service
from webapp.platform.database import db, rows_changed
from webapp.platform.errors import Refusal
from webapp.platform.issues import N_
from webapp.platform.transactions import only_reading, writing

SLOW, DOWN, LOST = "slow", "down", "lost"
SLOW_SECONDS = 8.0
MOST_TIMES = 1000
AWAY = N_("The simulated SEFAZ plays that it cannot be reached.")
ANSWER_LOST = N_("The simulated SEFAZ plays that its answer was lost on the way.")
_KEY = 1
_NOTE = (Service.AUTHORIZATION,)
_EVENT = (Service.EVENT,)
_VOIDING = (Service.VOIDING,)
_SENT = (Service.AUTHORIZATION, Service.EVENT, Service.VOIDING)
_ALL = (*_SENT, Service.QUERY, Service.DISTRIBUTION)


@dataclass(frozen=True, slots=True)
class Scenario:
    """To which calls it fits, and the authority's own words for the code."""

    services: tuple[Service, ...]
    reason: str = ""


SCENARIOS = {
    SLOW: Scenario(_ALL),
    DOWN: Scenario(_ALL),
    LOST: Scenario(_SENT),
    "103": Scenario(_NOTE, "Lote recebido com sucesso"),
    "105": Scenario(_NOTE, "Lote em processamento"),
    "108": Scenario(_SENT, "Servico Paralisado Momentaneamente (curto prazo)"),
    "109": Scenario(_SENT, "Servico Paralisado sem Previsao"),
    "110": Scenario(_NOTE, "Uso Denegado"),
    "120": Scenario(_NOTE, "Autorizado o uso da NF-e com alerta: confira o cadastro"),
    "150": Scenario(_NOTE, "Autorizado o uso da NF-e, autorizacao fora de prazo"),
    "101": Scenario(_NOTE, "Cancelamento de NF-e homologado"),
    "151": Scenario(_NOTE, "Cancelamento de NF-e homologado fora de prazo"),
    "155": Scenario(_NOTE, "Cancelamento homologado fora de prazo"),
    "178": Scenario(_NOTE, "Rejeicao: CNPJ do emitente inexistente na RFB"),
    "179": Scenario(_NOTE, "Rejeicao: CNPJ do emitente em situacao irregular na RFB"),
    "180": Scenario(_NOTE, "Rejeicao: CRT difere do cadastro da RFB"),
    "181": Scenario(_NOTE, "Rejeicao: CNPJ do destinatario inexistente na RFB"),
    "182": Scenario(_NOTE, "Rejeicao: CNPJ do destinatario em situacao irregular na RFB"),
    "183": Scenario(_NOTE, "Rejeicao: CNPJ do local de retirada inexistente na RFB"),
    "184": Scenario(_NOTE, "Rejeicao: CNPJ do local de retirada irregular na RFB"),
    "185": Scenario(_NOTE, "Rejeicao: CNPJ do local de entrega inexistente na RFB"),
    "186": Scenario(_NOTE, "Rejeicao: CNPJ do local de entrega irregular na RFB"),
    "201": Scenario(_VOIDING, "Rejeicao: Numero maximo de numeracao ultrapassou o limite"),
    "203": Scenario(_NOTE, "Rejeicao: Emissor nao habilitado para emissao da NF-e"),
    "204": Scenario(_NOTE, "Rejeicao: Duplicidade de NF-e"),
    "206": Scenario((*_NOTE, *_VOIDING), "Rejeicao: NF-e ja esta inutilizada"),
    "217": Scenario((Service.QUERY,), "Rejeicao: NF-e nao consta na base de dados da SEFAZ"),
    "218": Scenario(_NOTE, "Rejeicao: NF-e ja esta cancelada na base de dados da SEFAZ"),
    "220": Scenario(_EVENT, "Rejeicao: Prazo de Cancelamento superior ao previsto na Legislacao"),
    "221": Scenario(_EVENT, "Rejeicao: Confirmado o recebimento da NF-e pelo destinatario"),
    "222": Scenario(_EVENT, "Rejeicao: Protocolo de Autorizacao de Uso difere do cadastrado"),
    "230": Scenario(_NOTE, "Rejeicao: IE do emitente nao cadastrada"),
    "231": Scenario(_NOTE, "Rejeicao: IE do emitente nao vinculada ao CNPJ"),
    "233": Scenario(_NOTE, "Rejeicao: IE do destinatario nao cadastrada"),
    "234": Scenario(_NOTE, "Rejeicao: IE do destinatario nao vinculada ao CNPJ"),
    "241": Scenario(_VOIDING, "Rejeicao: Um numero da faixa ja foi utilizado"),
    "256": Scenario(_VOIDING, "Rejeicao: A faixa ja esta inutilizada"),
    "301": Scenario(_NOTE, "Uso Denegado: Irregularidade fiscal do emitente"),
    "302": Scenario(_NOTE, "Uso Denegado: Irregularidade fiscal do destinatario"),
    "303": Scenario(_NOTE, "Uso Denegado: Destinatario nao habilitado a operar na UF"),
    "307": Scenario(_NOTE, "Rejeicao: CNPJ do emitente nao autorizado a emitir"),
    "501": Scenario(_EVENT, "Rejeicao: Pedido de Cancelamento intempestivo"),
    "539": Scenario(_NOTE, "Rejeicao: Duplicidade de NF-e, com diferenca na Chave de Acesso"),
    "573": Scenario(_EVENT, "Rejeicao: Duplicidade de evento"),
    "656": Scenario(_ALL, "Rejeicao: Consumo Indevido"),
    "999": Scenario(_SENT, "Rejeicao: Erro nao catalogado"),
}


CODES = tuple(code for code, scenario in SCENARIOS.items() if scenario.reason)


def the_scenario() -> SandboxScenario:
    """Its one row, made by the migration; in force while `times` is above nought."""
    return db.session.get_one(SandboxScenario, _KEY)


def play(code: str | None, times: int) -> SandboxScenario:
    """From now on the sandbox answers `code` to the next calls that it fits; None: as it judges.
    Raises Refusal where another authority answers."""
    if current_app.extensions["settings"].nfe_authority != "sandbox":
        raise Refusal(_("The real SEFAZ answers this shop: there is nothing to play."))
    scenario = the_scenario()
    scenario.code, scenario.times = code or "", times if code else 0
    return scenario


@contextlib.contextmanager
def played(service: Service) -> Iterator[str]:
    """The code to answer this call with, one time of it used up, or "" to judge it. A call that is
    to be slow has been by then; raises AuthorityAway for one that never gets there, and at the end
    for one whose answer is to be lost."""
    code = _taken_for(service)
    if code == SLOW:
        time.sleep(SLOW_SECONDS)
    if code == DOWN:
        raise AuthorityAway(service, AWAY, was_sent=False)
    yield code if code in CODES else ""
    if code == LOST:
        raise AuthorityAway(service, ANSWER_LOST)


def _taken_for(service: Service) -> str:
    kept = SandboxScenario.__table__.c
    code, times = _in_force()
    if not times or service not in SCENARIOS[code].services:
        return ""
    with writing():
        taken = rows_changed(
            update(SandboxScenario)
            .where(kept.id == _KEY, kept.code == code, kept.times > 0)
            .values(times=kept.times - 1)
        )
        db.session.commit()
    return code if taken else ""


def stands_still() -> str:
    """The code by which the service says that it does not work, while that is played."""
    code, times = _in_force()
    if times and code == DOWN:
        raise AuthorityAway(Service.STATUS, AWAY)
    return code if times and code in ("108", "109") else ""


_IN_FORCE = select(SandboxScenario.code, SandboxScenario.times).where(SandboxScenario.id == _KEY)


def _in_force() -> tuple[str, int]:
    with only_reading():
        row = db.session.execute(_IN_FORCE).one()
        db.session.rollback()
    return row.code, row.times

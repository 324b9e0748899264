"""How staff call what the conditions of rules name by codes."""

from flask import g, has_app_context
from sqlalchemy import select

from webapp.customers.models import Agent
from webapp.platform.database import db
from webapp.rules.core.sentence import CALLED
from webapp.sales.forms import CHANNELS


def channel_name(code: str) -> str:
    return str(CHANNELS.get(code, code))


def agent_name(code: str) -> str:
    """With the code, which tells two of the same name apart. A shop's agents are few: all are read
    when a page first names one."""
    if not has_app_context():
        return code
    if "agent_names" not in g:
        g.agent_names = dict(db.session.execute(select(Agent.code, Agent.name)).all())
    name = g.agent_names.get(code)
    return f"{name} ({code})" if name else code


def name_values() -> None:
    CALLED.update(channel=channel_name, agent=agent_name)

"""API tokens of a shop that runs."""

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.services import Shop
from webapp.platform.settings import Settings
from webapp.staff.models import ApiToken, Role


def token_of(shop: Shop) -> str:
    """A manager's. Written into the shop's database: the command for it reads all of its modules
    first."""
    token, secret = ApiToken.issue("tests", Role.MANAGER)
    engine = create_engine(Settings.from_env(shop.environment).database_url)
    with Session(engine) as session:
        session.add(token)
        session.commit()
    engine.dispose()
    return secret

"""JSON calls of the rules."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.http.formatting import shop_day
from webapp.platform.clock import utc_now
from webapp.platform.errors import NotFound
from webapp.rules.checking import check
from webapp.rules.core.book import RuleBook
from webapp.rules.forms import RuleCheckIn
from webapp.rules.queries import published, version_book
from webapp.rules.shapes import RuleCheckOut, RuleSetOut
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("rules")


@endpoint(
    bp,
    "GET",
    "/rules",
    "manager",
    answer=RuleSetOut,
    refusals={404: _l("The shop has no published rules yet.")},
    summary=_l("The published rule set."),
)
def get_rules() -> dict[str, object]:
    version = published()
    if version is None:
        raise NotFound(_("The shop has no published rules yet."))
    return version.to_json()


@endpoint(
    bp,
    "POST",
    "/rules/check",
    "manager",
    body=RuleCheckIn,
    answer=RuleCheckOut,
    summary=_l("Tries a rule on facts laid over a sample sale. Stores nothing."),
)
def post_rules_check(body: RuleCheckIn) -> dict[str, object]:
    version = published()
    book = version_book(version.id) if version else RuleBook()
    return check(body.rule, body.facts, book, shop_day(utc_now()))

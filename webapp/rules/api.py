"""JSON calls of the rules."""

from flask_babel import gettext as _

from webapp.http.formatting import shop_day
from webapp.platform.clock import utc_now
from webapp.platform.errors import NotFound
from webapp.rules.checking import check
from webapp.rules.core.book import RuleBook
from webapp.rules.forms import RuleCheckIn
from webapp.rules.queries import published, version_book
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("rules")


@endpoint(bp, "GET", "/rules", "manager")
def get_rules():
    """The published rule set."""
    version = published()
    if version is None:
        raise NotFound(_("The shop has no published rules yet."))
    return version.to_json()


@endpoint(bp, "POST", "/rules/check", "manager", body=RuleCheckIn)
def post_rules_check(body: RuleCheckIn):
    """Tries a rule on facts laid over a sample sale. Stores nothing."""
    version = published()
    book = version_book(version.id) if version else RuleBook()
    return check(body.rule, body.facts, book, shop_day(utc_now()))

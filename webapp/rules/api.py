"""JSON calls of the rules."""

from flask_babel import gettext as _

from webapp.api import api_blueprint, endpoint
from webapp.errors import NotFound
from webapp.rules.queries import published

bp = api_blueprint("rules")


@endpoint(bp, "GET", "/rules", "manager")
def get_rules():
    """The published rule set."""
    version = published()
    if version is None:
        raise NotFound(_("The shop has no published rules yet."))
    return version.to_json()

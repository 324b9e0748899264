"""What the sandbox answers next, as JSON."""

from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.authority.forms import ScenarioIn
from webapp.authority.scenarios import play
from webapp.authority.shapes import ScenarioOut
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("authority")


@endpoint(
    bp,
    "PUT",
    "/sandbox/scenario",
    "admin",
    body=ScenarioIn,
    answer=ScenarioOut,
    summary=_l("What the sandbox answers to the next calls, in SEFAZ's codes; null: as it judges."),
    refusals={409: _l("No sandbox answers this shop.")},
)
def set_scenario(wanted: ScenarioIn) -> dict[str, Any]:
    scenario = play(wanted.code, wanted.times)
    return {"code": scenario.code or None, "times": scenario.times}

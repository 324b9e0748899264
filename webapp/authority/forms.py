"""The shapes of what an administrator sets about the authority."""

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import StringConstraints

from webapp.authority.scenarios import DOWN, LOST, MOST_TIMES, SCENARIOS, SLOW
from webapp.http.forms import BlankIsNone, OneOf, Shape, Whole, example

# What of a scenario is no code of SEFAZ's.
SCENARIO_LABELS = {
    SLOW: _l("Answers slowly"),
    DOWN: _l("Cannot be reached"),
    LOST: _l("Takes it, and its answer is lost"),
}


def scenario_options() -> list[tuple[str, object]]:
    """As a select has them."""
    codes = [
        (code, f"{code} · {scenario.reason}")
        for code, scenario in sorted(SCENARIOS.items())
        if code not in SCENARIO_LABELS
    ]
    return [("", _l("What it judges")), *SCENARIO_LABELS.items(), *codes]


class ScenarioIn(Shape):
    model_config = example({"code": "108", "times": 3}, {"code": None})

    code: Annotated[Annotated[str, OneOf(tuple(SCENARIOS))] | None, BlankIsNone] = None
    times: Annotated[int, Whole(1, MOST_TIMES)] = 1


class CertificateIn(Shape):
    """The password of the file that comes with it, to the last blank; it is not kept."""

    password: Annotated[str, StringConstraints(strip_whitespace=False, max_length=200)] = ""

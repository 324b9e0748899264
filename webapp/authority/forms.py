"""The shapes of what people set and say about the authority."""

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, StringConstraints

from webapp.authority.scenarios import DOWN, LOST, MOST_TIMES, SCENARIOS, SLOW
from webapp.http.forms import BlankIsNone, OneOf, Shape, Text, Whole, example

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


class RootIn(Shape):
    """Nothing beside the file."""


class CertificateIn(Shape):
    """The password of the file that comes with it, to the last blank; it is not kept."""

    password: Annotated[str, StringConstraints(strip_whitespace=False, max_length=200)] = ""


# xJust of the layout.
SHORTEST_REASON, LONGEST_REASON = 15, 255


def _is_told(reason: str) -> str:
    if len(reason) < SHORTEST_REASON:
        raise ValueError(_l("Say it in 15 characters or more: each NF-e bears it."))
    return reason


class ContingencyIn(Shape):
    """Why NF-e are to go to the standby service."""

    reason: Annotated[str, Text(LONGEST_REASON, required=True), AfterValidator(_is_told)]

"""The shapes of the authority in answers."""

from webapp.http.answers import OutShape


class ScenarioOut(OutShape):
    """`code` is null and `times` nought while the sandbox answers as it judges."""

    code: str | None
    times: int

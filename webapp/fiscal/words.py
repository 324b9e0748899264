"""How a refusal with one of the authority's codes, or our own, is told to people."""

from dataclasses import dataclass
from typing import Any

from webapp.platform.issues import ERROR, Issue


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refusal in words (msgids). `field` is where it is fixed, `who` fixes it (clerk, reviewer,
    admin or system)."""

    code: str
    field: str
    message: str
    fix: str
    who: str = "clerk"
    same_number: bool = True

    def issue(self, params: dict[str, Any], level: str = ERROR) -> Issue:
        return Issue(
            code=self.code,
            field=self.field,
            params=params,
            level=level,
            message=self.message,
            fix=self.fix,
            who=self.who,
            same_number=self.same_number,
        )

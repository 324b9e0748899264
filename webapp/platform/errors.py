"""Refusals: named errors that carry their HTTP status and a message for people.

Domain code raises them; one handler (in `create_app`) shows each as a page, a fragment or
problem+json.
"""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

MOST_ERRORS = 50


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field: its dotted path (`lines.0.quantity`) and the mend in words."""

    field: str
    message: object


class Refusal(Exception):
    """Something a person asked for that cannot be done; `str(error)` is the message in their
    language."""

    status = 409
    title = _l("This cannot be done now")
    field: str | None = None

    def __init__(self, message, field: str | None = None):
        super().__init__(message)
        self.message = message
        self.field = field or self.field

    def __str__(self):
        return str(self.message)

    @property
    def errors(self) -> list[FieldError]:
        return [FieldError(self.field, self.message)] if self.field else []


class Invalid(Refusal):
    """Input of the wrong shape: its fields, named at once, but no more than anybody reads: an
    answer does not grow with what was sent."""

    status = 422
    title = _l("Some fields need another look")

    def __init__(self, errors: list[FieldError], message=None):
        super().__init__(message or _l("Check the fields marked below."))
        self._errors = errors[:MOST_ERRORS]

    @property
    def errors(self):
        return self._errors


class NotFound(Refusal):
    status = 404
    title = _l("Not found")


class Forbidden(Refusal):
    status = 403
    title = _l("You don't have access to this page")


class Stale(Refusal):
    title = _l("Somebody changed it meanwhile")

    def __init__(self):
        super().__init__(
            _l(
                "Somebody changed this record while you were editing it. Nothing was overwritten: "
                "reload, look, and save again."
            )
        )

"""The shapes of what staff send about themselves."""

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field

from webapp.http.fields import RequiredEmail
from webapp.http.forms import Flag, Shape, Text, Whole
from webapp.staff.models import MOST_TOKEN_DAYS, TOKEN_DAYS, Role

SHORTEST_PASSWORD = 10


def _password(written: str) -> str:
    """Long enough; whether it is also strong enough is told by `webapp.staff.passwords`."""
    if len(written) < SHORTEST_PASSWORD:
        raise ValueError(_l("At least %(least)s characters.", least=SHORTEST_PASSWORD))
    return written


Password = Annotated[str, Field(strict=True, max_length=200), AfterValidator(_password)]


class SignInIn(Shape):
    email: Annotated[str, Text(254, required=True)]
    password: Annotated[str, Field(strict=True, min_length=1, max_length=200)]
    next: Annotated[str, Text(500)] = ""


class ProofIn(Shape):
    """One's own password once more."""

    password: Annotated[str, Field(strict=True, min_length=1, max_length=200)]
    next: Annotated[str, Text(500)] = ""


class UserIn(Shape):
    email: RequiredEmail
    name: Annotated[str, Text(80, required=True)]
    role: Role
    active: Flag = False


class NewUserIn(Shape):
    email: RequiredEmail
    name: Annotated[str, Text(80, required=True)]
    role: Role
    password: Password


class PasswordIn(Shape):
    """A new password that an admin sets for somebody."""

    password: Password


class OwnPasswordIn(Shape):
    """One's own new password, with the old one as proof."""

    old_password: Annotated[str, Field(strict=True, min_length=1, max_length=200)]
    password: Password


class TokenIn(Shape):
    name: Annotated[str, Text(80, required=True)]
    role: Role
    days: Annotated[int, Whole(1, MOST_TOKEN_DAYS)] = TOKEN_DAYS

"""The language and zone of an answer: the person's own choice, else what the browser or program
asks for."""

from collections.abc import Callable
from functools import cache

from babel import Locale
from flask import current_app, g, has_request_context, request, session

LOCALES = {"pt_BR": "Português", "en": "English"}
# Of whoever has chosen none.
USUAL_LOCALE = "pt_BR"
_parsed = cache(Locale.parse)


def locale() -> str:
    if not has_request_context():
        return USUAL_LOCALE
    identity = g.get("identity")
    if identity and identity.user and identity.user.locale:
        return identity.user.locale
    if session.get("locale") in LOCALES and not request.path.startswith("/api/v1/"):
        return session["locale"]
    wanted = request.accept_languages.best_match(["pt-BR", "pt", "en"], default="pt-BR")
    return "en" if wanted == "en" else USUAL_LOCALE


def parsed_locale() -> Locale:
    """The same object each time: it is looked up for each text, and slow to compare with
    another."""
    return _parsed(locale())


def set_up(app, read_time_zone: Callable[[], str]) -> None:
    """Binds the reader of the shop's zone, which no page below the shop's own floor can know."""
    app.extensions["read_time_zone"] = read_time_zone


def learn_time_zone(zone: str) -> None:
    """From whoever has read the shop's at hand."""
    g.time_zone = zone


def time_zone() -> str:
    """The shop's zone, read once for each request or job (both have an app context of their
    own)."""
    if "time_zone" not in g:
        g.time_zone = current_app.extensions["read_time_zone"]()
    return g.time_zone

"""The web libraries that every page shares, made once and bound to the app in `create_app`."""

from collections import defaultdict
from functools import cached_property
from typing import Any

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, g, has_app_context
from flask_babel import Babel, Domain, get_locale
from flask_compress import Compress
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup


class Catalogue(Domain):
    """The texts by the locale itself: the library spells each locale out anew for each text, of
    which a page has two hundred."""

    def __init__(self, domain: str):
        super().__init__(domain=domain)
        self._of: dict[Locale, NullTranslations] = {}
        self._marked: dict[NullTranslations, dict[str, Markup]] = defaultdict(dict)

    def get_translations(self) -> NullTranslations:
        locale = _known_locale() or get_locale()
        if locale is None:
            return super().get_translations()
        found = self._of.get(locale)
        if found is None:
            found = self._of[locale] = super().get_translations()
        return found

    def marked(self, text: str) -> Markup:
        """Of a page, with nothing to fill in; templates have few texts, and show them often."""
        translations = self.get_translations()
        known = self._marked[translations]
        found = known.get(text)
        if found is None:
            found = known[text] = Markup(translations.ugettext(text)) % {}
        return found


def _known_locale() -> Locale | None:
    """Where the library keeps it; it would find the context three times over for each text."""
    if not has_app_context():
        return None
    kept = g._get_current_object().get("_flask_babel")
    return getattr(kept, "babel_locale", None)


class Translator(Babel):
    @cached_property
    def domain_instance(self) -> Catalogue:
        return Catalogue(self.domain)

    def init_app(self, app: Flask, *args: Any, **kwargs: Any) -> None:
        super().init_app(app, *args, **kwargs)

        @pass_eval_context
        def translated(evaluated: EvalContext, text: str, /, **values: object) -> str:
            """As the library's own, without its five calls for each text."""
            if evaluated.autoescape and not values:
                return self.domain_instance.marked(text)
            found = self.domain_instance.get_translations().ugettext(text)
            return (Markup(found) if evaluated.autoescape else found) % values

        app.jinja_env.globals["_"] = translated


csrf = CSRFProtect()
babel = Translator()
htmx = Htmx()
compress = Compress()

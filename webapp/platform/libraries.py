"""The web libraries that every page shares, made once and bound to the app in `create_app`."""

from functools import cached_property

from babel import Locale
from babel.support import NullTranslations
from flask_babel import Babel, Domain, get_locale
from flask_compress import Compress
from flask_wtf import CSRFProtect
from htmx_flask import Htmx


class Catalogue(Domain):
    """The texts by the locale itself: the library spells each locale out anew for each text, of
    which a page has two hundred."""

    def __init__(self, domain: str):
        super().__init__(domain=domain)
        self._of: dict[Locale, NullTranslations] = {}

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        if locale is None:
            return super().get_translations()
        found = self._of.get(locale)
        if found is None:
            found = self._of[locale] = super().get_translations()
        return found


class Translator(Babel):
    @cached_property
    def domain_instance(self) -> Catalogue:
        return Catalogue(self.domain)


csrf = CSRFProtect()
babel = Translator()
htmx = Htmx()
compress = Compress()

"""What is alike on page after page is drawn once: parts that know nothing of the request, and lines
of the menu."""

from functools import cache, lru_cache
from typing import Any

from flask import Flask
from markupsafe import Markup

from webapp.http.localization import locale
from webapp.web.navigation import MenuLink


def set_up(app: Flask) -> None:
    def draw(name: str, **context: Any) -> Markup:
        return Markup(app.jinja_env.get_template(name).render(context))

    @cache
    def drawn(name: str, _language: str) -> Markup:
        return draw(name)

    def standing_part(name: str) -> Markup:
        """A template that asks for nothing but texts, symbols and addresses."""
        return drawn(name, locale())

    @lru_cache(maxsize=1000)
    def side_link(link: MenuLink) -> Markup:
        return draw("layouts/_side_link.html", link=link)

    app.jinja_env.globals.update(standing_part=standing_part, side_link=side_link)

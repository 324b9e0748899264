"""The menu: what the person may open, and how much waits behind each entry."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from flask import Flask, current_app, g, request, request_started, url_for
from flask_babel import gettext
from sqlalchemy import ScalarSelect, Select, select

from webapp.http.formatting import shop_day
from webapp.http.lists import COUNT_LIMIT, bounded, count_text
from webapp.http.localization import LOCALES, locale
from webapp.platform.clock import is_moved, utc_now
from webapp.platform.database import db
from webapp.staff.access import ANYONE, may, shown_document, told_document
from webapp.staff.models import Role
from webapp.store.queries import the_shop


@dataclass(frozen=True, eq=False)
class Counter:
    """What waits behind an entry: the ids of it, or a function that counts it (None where nobody
    knows), and what it is called. `most`: from one more on it is told as "more"."""

    counted: Select | Callable[[], int | None]
    label: object = ""
    most: int = COUNT_LIMIT

    @cached_property
    def bounded(self) -> ScalarSelect | None:
        """What the database counts, built once."""
        return bounded(self.counted) if isinstance(self.counted, Select) else None


@dataclass(frozen=True, eq=False)
class MenuEntry:
    """One line of the menu. `counted` tells how much waits behind it; the pages of the features
    `holds` are its own, too. `keys` lead there, one after the other."""

    icon: str
    label: object
    endpoint: str
    counted: Counter | None = None
    holds: tuple[str, ...] = ()
    keys: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    # Where its feature does not tell whether the page at hand is its own.
    is_here: bool | None = None


class MenuLink(NamedTuple):
    """An entry as the menu shows it. By `counts` a page is told another count: empty where nothing
    is counted, and for views, whose counts are the person's own."""

    icon: str
    label: str
    href: str
    go: str
    counts: str
    count_label: str
    active: bool = False
    waiting: str = ""


class LinkGroup(NamedTuple):
    label: str
    links: Sequence[MenuLink]


LinkedEntries = Sequence[tuple[MenuEntry, MenuLink]]


class StandingMenu(NamedTuple):
    """What is open to a role, in a language: groups with their labels, and a phone's entries."""

    groups: Sequence[tuple[str, LinkedEntries]]
    phone: LinkedEntries


@dataclass(frozen=True)
class Command:
    """Something to do from wherever one is: a page to go to, or an element of every page that is
    pressed."""

    icon: str
    label: object
    endpoint: str
    press: str = ""


@dataclass(frozen=True)
class Offer:
    """A place that the palette offers beside the menu's pages, like a saved view."""

    icon: str
    label: object
    href: str


@dataclass(frozen=True)
class Menu:
    """Groups of entries, each with its heading (None: the first has none), those that a phone shows
    at its foot, and what the palette offers beside them: commands, and what each of `offers`
    answers for the person."""

    groups: Sequence[tuple[object, Sequence[MenuEntry]]]
    phone: Sequence[MenuEntry]
    commands: Sequence[Command] = ()
    offers: Sequence[Callable[[], Iterable[Offer]]] = ()
    # The views of lists that the person has in the menu.
    pinned: Callable[[], Sequence[MenuEntry]] = tuple
    # What else every page counts for the person.
    own: Callable[[], Sequence[Counter]] = tuple


def set_up(app: Flask, menu: Menu) -> None:
    app.extensions["menu"] = menu
    app.extensions["standing_menus"] = {}
    app.jinja_env.filters.update(document=shown_document, told_document=told_document)
    # Before the first read of the database: what changes after that is told to the page. A cursor
    # taken while the page is drawn lies behind a change that its rows do not show yet.
    request_started.connect(_remember_cursor, app)

    @app.context_processor
    def layout_context():
        settings = current_app.extensions["settings"]
        shop = the_shop()
        identity = g.get("identity")
        return {
            "current_user": identity.user if identity else None,
            "navigation": navigation,
            "phone_navigation": phone_navigation,
            "may": may,
            "shop": {
                "trade_name": shop.trade_name,
                "environment": shop.nfe_environment,
                "authority": settings.nfe_authority,
                "day": shop_day(utc_now()) if is_moved() else None,
                "demo": settings.demo,
                "asleep_since": shop.asleep_since,
            },
            "live_cursor": g.get("live_cursor", ""),
            "locale": locale(),
            "locales": LOCALES,
        }


def _remember_cursor(app: Flask, **_signal: object) -> None:
    g.live_cursor = app.extensions["live"].cursor


def open_to_me(endpoint: str) -> bool:
    """Whether the person may open the page or do the act."""
    identity = g.identity
    return is_open_to(identity and identity.role, endpoint)


def is_open_to(role: Role | None, endpoint: str) -> bool:
    """Whether somebody of the role may open the page."""
    allowed = getattr(current_app.view_functions.get(endpoint), "allowed", None)
    return allowed is ANYONE or bool(allowed and role in allowed)


def _is_within(entry: MenuEntry, href: str, blueprint: str | None) -> bool:
    """Whether this page belongs to the entry: by its feature, or by its address where a feature has
    several entries."""
    if entry.is_here is not None:
        return entry.is_here
    feature = entry.endpoint.partition(".")[0]
    if feature == "staff":
        return f"{request.path}/".startswith(href + "/")
    return blueprint in (feature, *entry.holds)


def counted(*more: Counter) -> dict[Counter, int]:
    """What waits behind the entries that are open to the person, and `more` that a page itself
    tells: in one statement, if the page asks before the menu does, and once however often a number
    stands there."""
    if "counted" not in g:
        g.counted = {}
        of_menu = [entry.counted for entry in (*entries(), *pinned()) if entry.counted]
        more = (*of_menu, *current_app.extensions["menu"].own(), *more)
    known: dict[Counter, int] = g.counted
    known.update(_counts(tuple(each for each in dict.fromkeys(more) if each not in known)))
    return known


def _counts(counters: tuple[Counter, ...]) -> dict[Counter, int]:
    """Those of the database in one statement."""
    asked = _asked(counters)
    rows = iter(db.session.execute(asked).one() if asked is not None else ())
    return {each: next(rows) if each.bounded is not None else _told(each) for each in counters}


@lru_cache(maxsize=30)
def _asked(counters: tuple[Counter, ...]) -> Select[Any] | None:
    """Built once for the same counters: they are those of a role on most pages."""
    numbers = [each.bounded for each in counters if each.bounded is not None]
    return select(*numbers) if numbers else None


def _told(counter: Counter) -> int:
    assert not isinstance(counter.counted, Select)
    return counter.counted() or 0


def menu_counts() -> dict[str, dict[str, int]]:
    """What waits behind the menu's entries, by the role that they are open to; for pages that are
    open already."""
    menu: Menu = current_app.extensions["menu"]
    found = {
        entry.endpoint: entry.counted
        for _label, group in menu.groups
        for entry in group
        if entry.counted
    }
    counts = _counts(tuple(found.values()))
    return {
        str(role): {
            endpoint: counts[counter]
            for endpoint, counter in found.items()
            if is_open_to(role, endpoint)
        }
        for role in Role
    }


def _link(entry: MenuEntry) -> MenuLink:
    """What of it is the same on every page."""
    return MenuLink(
        entry.icon,
        str(entry.label),
        url_for(entry.endpoint, **entry.values),
        entry.keys,
        entry.endpoint if entry.counted and not entry.values else "",
        str(entry.counted.label) if entry.counted else "",
    )


def _linked(entries: Iterable[MenuEntry]) -> LinkedEntries:
    return [(entry, _link(entry)) for entry in entries if open_to_me(entry.endpoint)]


def _standing_menu() -> StandingMenu:
    """Made once for each role and language."""
    known: dict[tuple[Role | None, str], StandingMenu] = current_app.extensions["standing_menus"]
    key = g.identity and g.identity.role, locale()
    if key not in known:
        menu: Menu = current_app.extensions["menu"]
        groups = [(str(label or ""), _linked(entries)) for label, entries in menu.groups]
        known[key] = StandingMenu(groups, _linked(menu.phone))
    return known[key]


def _links(linked: LinkedEntries) -> list[MenuLink]:
    """As this page shows them."""
    counts, blueprint, links = counted(), request.blueprint, []
    for entry, link in linked:
        count = counts[entry.counted] if entry.counted else 0
        waiting = count_text(count, entry.counted.most) if entry.counted and count else ""
        active = _is_within(entry, link.href, blueprint)
        links.append(link._replace(active=active, waiting=waiting) if active or waiting else link)
    return links


def navigation() -> list[LinkGroup]:
    """The first group, and no other, has no label."""
    groups = [LinkGroup(label, _links(linked)) for label, linked in _standing_menu().groups]
    groups.insert(1, LinkGroup(gettext("Views"), _links(_linked(pinned()))))
    return [group for group in groups if group.links]


def phone_navigation() -> list[MenuLink]:
    return _links(_standing_menu().phone)


def entries() -> list[MenuEntry]:
    """Every page of the menu that is open to the person."""
    return [entry for _label, linked in _standing_menu().groups for entry, _link in linked]


def pinned() -> Sequence[MenuEntry]:
    menu: Menu = current_app.extensions["menu"]
    return menu.pinned()


def commands() -> list[Command]:
    menu: Menu = current_app.extensions["menu"]
    return [command for command in menu.commands if open_to_me(command.endpoint)]


def offers() -> list[Offer]:
    menu: Menu = current_app.extensions["menu"]
    return [offer for offered in menu.offers for offer in offered()]

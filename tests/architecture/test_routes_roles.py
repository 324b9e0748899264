"""Every route of the app × everybody who may ask: access follows what the view itself declares, and
nothing else.

There is no table to keep up: a new route is walked as soon as it is there, and one that declares
nobody fails. A route is asked in earnest by nobody, by one of the roles that may and by one that
may not; all others ask the guard that stands before every view.
"""

import contextlib
import contextvars
import sqlite3
from io import BytesIO

import pytest

from tests.factories import make_sale, make_token, open_shop, sign_in, work_off
from webapp.invoice_pages import downloads
from webapp.platform.errors import Refusal
from webapp.staff import access
from webapp.staff.access import ANYONE, Identity
from webapp.staff.models import Role

ROLES = [str(role) for role in Role]
DUMMIES = {
    "IntegerConverter": 999_999,
    "IdConverter": 999_999,
    "UnicodeConverter": "none",
    "PathConverter": "none",
    "DefaultConverter": "none",
    "AnyConverter": "price",
}
MISSING = {"999999", "none"}
# Each provider of payments is known by its own secret.
BY_SECRET = "/notices/"
CHANGING = ("POST", "PUT", "PATCH", "DELETE")


def routes(app, *methods):
    """(method, path with dummy arguments, what the view declares) of all routes that take one of
    the methods."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint == "static":
                continue
            arguments = {
                name: DUMMIES[type(rule._converters[name]).__name__] for name in rule.arguments
            }
            _host, path = rule.build(arguments)
            for method in sorted(rule.methods & set(methods)):
                yield method, path, getattr(app.view_functions[rule.endpoint], "allowed", None)


def is_api(path: str) -> bool:
    return path.startswith("/api/v1/")


class Person:
    """Somebody of a role (None: nobody at all) who asks for pages and, with a token, for API
    calls."""

    def __init__(self, app, role: str | None):
        self.app, self.role, self.token = app, role, make_token(role) if role else None
        self.signed_in = None

    def ask(self, method: str, path: str, fragment: bool = False) -> int:
        """The status. `fragment`: as a part of a page asks, so that no whole page is drawn."""
        client = self.browser(path)
        headers = {"Authorization": f"Bearer {self.token}"} if is_api(path) and self.token else {}
        headers |= {"HX-Request": "true"} if fragment else {}
        # All but the live stream, which never ends, is read to its end.
        answer = client.open(path, method=method, headers=headers, buffered=path != "/events")
        with contextlib.closing(answer):
            if path == "/logout":
                self.signed_in = None
            return answer.status_code

    def browser(self, path: str):
        """Signed in, but for calls of the API, which know people by their token."""
        if not self.role or is_api(path):
            return self.app.test_client()
        if not self.signed_in:
            self.signed_in = self.app.test_client()
            sign_in(self.signed_in, self.role)
        return self.signed_in

    def may(self, allowed) -> bool:
        return may(self.role, allowed)

    def stands_for_others(self, allowed) -> bool:
        """Whether this is the first of all roles to whom the route is open, or of those to whom
        it is not."""
        alike = (role for role in ROLES if may(role, allowed) == self.may(allowed))
        return self.role in (None, next(alike, None))

    def ask_guard(self, method: str, path: str) -> int:
        """The status of the refusal, or 200."""
        asking = Identity("one", Role(self.role))

        def ask() -> int:
            with (
                pytest.MonkeyPatch.context() as patched,
                self.app.test_request_context(path, method=method),
            ):
                patched.setattr(access, "identify", lambda: asking)
                patched.setattr(access, "note_refused", lambda _action: None)
                try:
                    assert access.guard() is None
                except Refusal as refusal:
                    return refusal.status
                return 200

        return contextvars.Context().run(ask)


def may(role: str | None, allowed) -> bool:
    return allowed is ANYONE or role in allowed


@pytest.mark.parametrize("role", [None, *ROLES])
def test_reading_follows_the_declared_roles(app, db, role):
    person, wrong = Person(app, role), []
    for method, path, allowed in routes(app, "GET"):
        # Whole pages are drawn for each role, but not of a refusal, nor of an id that there is not.
        drawn = person.may(allowed) and not any(dummy in path for dummy in MISSING)
        if drawn or person.stands_for_others(allowed):
            status = person.ask(method, path, fragment=bool(role) and not drawn)
        else:
            status = person.ask_guard(method, path)
        if person.may(allowed):
            good = (
                status < 500
                and status not in (401, 403)
                or status == 503
                and path.startswith("/api/v1/postal-codes")
            )
        elif role:
            good = status == 403
        else:
            good = status == (401 if is_api(path) or path.startswith("/events") else 302)
        if not good:
            wrong.append((status, path))
    assert not wrong


@pytest.mark.parametrize("role", [None, *ROLES])
def test_changing_follows_the_declared_roles(app, db, role):
    person, wrong = Person(app, role), []
    for method, path, allowed in routes(app, *CHANGING):
        if person.stands_for_others(allowed):
            status = person.ask(method, path, fragment=bool(role))
        else:
            status = person.ask_guard(method, path)
        if person.may(allowed):
            # Nobody has no token either; that the token comes before everything else is the next
            # test's.
            good = status < 500 and status not in (401, 403)
        elif role:
            good = status == 403
        else:
            # A browser is led to sign in.
            good = status == (401 if is_api(path) else 302)
        if not good:
            wrong.append((status, method, path))
    assert not wrong


@pytest.mark.parametrize("role", [None, "admin"])
def test_no_page_changes_anything_without_the_token_of_its_form(app, db, role):
    wrong, client = [], app.test_client()
    if role:
        sign_in(client, role)
        del client.environ_base["HTTP_X_CSRFTOKEN"]
    for method, path, allowed in routes(app, *CHANGING):
        if not is_api(path):
            # To a part of a page the refusal brings a token that counts.
            answer = client.open(
                path, method=method, headers={"HX-Request": "true"} if role else {}
            )
            if role and not path.startswith(BY_SECRET):
                good = answer.status_code in (400, 422)
                good = good and "csrf-fresh" in answer.headers.get("HX-Trigger", "")
            else:
                # Who is not signed in is led to do so before the token is looked at.
                good = answer.status_code == (400 if role or allowed is ANYONE else 302)
            if not good:
                wrong.append((answer.status_code, method, path))
    assert not wrong


def test_every_route_declares_who_may_use_it(app):
    assert [
        path for _method, path, allowed in routes(app, "GET", *CHANGING) if allowed is None
    ] == []


def test_a_route_that_declares_nobody_is_open_to_nobody(app, client, db, monkeypatch):
    monkeypatch.setitem(app.view_functions, "staff.login", lambda: "open")

    assert client.get("/login").status_code == 403
    sign_in(client, "admin")
    assert client.get("/login").status_code == 403


def test_the_accountant_changes_nothing_but_what_is_their_own(app):
    # Searches ask by POST, so that nobody's name stands in an address, and only read.
    # What is theirs to write is the taxes.
    taxes = ("/tax-profiles", "/tax-choices", "/tax-rates", "/fiscal-calendar")
    taxes += ("/fiscal-rehearsals",)
    # It leads to what is printed.
    taxes += ("/invoices/printing",)
    # The month is theirs to close.
    taxes += ("/closing/",)
    # Views and lists by e-mail are each person's own.
    taxes += ("/views", "/schedules", "/columns/")
    # What one was told is one's own, and who looks at a record is seen there.
    taxes += ("/notifications/", "/presence")
    taxes += (BY_SECRET,)
    calls = tuple(f"/api/v1{place}" for place in taxes)
    own = ("/account/", "/login", "/logout", "/search/hits", "/find", *taxes, *calls)
    open_to_them = [
        path
        for _method, path, allowed in routes(app, *CHANGING)
        if allowed is ANYONE or Role.ACCOUNTANT in allowed
    ]

    assert open_to_them and all(path.startswith(own) for path in open_to_them), open_to_them


def test_reading_changes_nothing_in_the_database(app, db, settings, monkeypatch):
    # Printing takes a process, and is told nothing but the file.
    monkeypatch.setattr(downloads, "in_one_file", lambda _paper, _notes: BytesIO(b"%PDF-"))
    monkeypatch.setattr(downloads, "sheets_in_one_file", lambda _sheets: BytesIO(b"%PDF-"))
    open_shop()
    make_sale(reference="WEB-1")
    work_off()
    client, headers = app.test_client(), {"Authorization": f"Bearer {make_token('admin')}"}
    sign_in(client, "admin")
    db.session.remove()

    before = dump(settings)
    for _method, path, _allowed in routes(app, "GET"):
        # Of what there is not, no page is drawn whole.
        parts = {"HX-Request": "true"} if path != path.replace("999999", "1") else {}
        for address, more in {path: parts, path.replace("999999", "1"): {}}.items():
            if address != "/events":
                client.get(
                    address, headers=more | (headers if is_api(address) else {}), buffered=True
                )
    changed = set(dump(settings)) ^ set(before)

    # What providers say about a postal code is kept; that is no change of the shop's.
    assert {line for line in changed if "postal_codes" not in line} == set()


def dump(settings) -> list[str]:
    """Each row of each table; an index of words keeps its own in tables beside it."""
    file = settings.database_url.removeprefix("sqlite:///")
    tables = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL TABLE%'"
    )
    with contextlib.closing(sqlite3.connect(file)) as connection:
        names = [name for (name,) in connection.execute(tables)]
        return [
            f"{name} {row}"
            for name in names
            for row in connection.execute(f'SELECT * FROM "{name}"')
        ]

"""The security headers stand on every kind of answer, failures included."""

import sqlite3

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from tests.factories import api, make_sale, make_token, open_shop, sign_in, work_off
from webapp.staff.access import anyone
from webapp.web.security import CSP


def crash():
    raise RuntimeError("secret inside")


@pytest.fixture
def clerk(client, db):
    sign_in(client, "clerk")
    return client


def assert_guarded(answer):
    headers = answer.headers
    assert headers["Content-Security-Policy"] == CSP
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "HX-Request" in headers["Vary"]


PAGES = [
    ("/", 200),
    ("/products", 200),
    ("/login", 302),
    ("/nowhere", 404),
    ("/sales/999999", 404),
    ("/audit", 403),
    ("/sales?after=rubbish", 422),
    ("/healthz", 200),
    ("/readyz", 200),
    ("/metrics", 200),
    ("/api/openapi.json", 200),
    ("/api/docs", 200),
    ("/api/v1/sales", 401),
    ("/api/v1/nowhere", 404),
    ("/events/poll", 200),
]


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(("path", "status"), PAGES)
def test_on_every_answer(clerk, path, status, htmx):
    answer = clerk.get(path, headers={"HX-Request": "true"} if htmx else {})

    assert answer.status_code == status
    assert_guarded(answer)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/login", 400),
        ("DELETE", "/products", 405),
        ("POST", "/nowhere", 404),
    ],
)
def test_on_refused_requests(app, db, method, path, status):
    client = app.test_client()
    sign_in(client, "clerk")
    del client.environ_base["HTTP_X_CSRFTOKEN"]

    answer = client.open(path, method=method)

    assert answer.status_code == status
    assert_guarded(answer)


def test_on_what_is_too_large(clerk):
    answer = clerk.post("/products", data={"name": "x" * 3_000_000})

    assert answer.status_code == 413
    assert_guarded(answer)


@pytest.mark.parametrize("path", ["/login", "/api/v1/jobs"])
def test_on_a_crash_which_tells_nothing_of_the_inside(app, client, monkeypatch, path):
    endpoint = {"/login": "staff.login", "/api/v1/jobs": "monitor_api.jobs"}[path]
    monkeypatch.setitem(app.view_functions, endpoint, anyone(lambda: crash()))
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    answer = client.get(path)

    assert answer.status_code == 500
    assert_guarded(answer)
    assert "secret inside" not in answer.text and "Traceback" not in answer.text
    assert answer.mimetype == ("text/html" if path == "/login" else "application/problem+json")


def test_who_was_overtaken_is_told_so_and_no_crash_is_logged(app, client, monkeypatch, caplog):
    def overtaken():
        raise StaleDataError

    monkeypatch.setitem(app.view_functions, "monitor_api.jobs", anyone(overtaken))
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    answer = client.get("/api/v1/jobs", headers={"Accept-Language": "en"})

    assert answer.status_code == 409 and "Nothing was overwritten" in answer.json["detail"]
    assert "request failed" not in caplog.text


@pytest.mark.parametrize("error", [sqlite3.OperationalError("locked"), PoolTimeout("full")])
def test_a_busy_database_is_told_as_busy(app, client, monkeypatch, error):
    def busy():
        raise error

    monkeypatch.setitem(app.view_functions, "monitor_api.jobs", anyone(busy))
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    answer = client.get("/api/v1/jobs", headers={"Accept-Language": "en"})

    assert answer.status_code == 503 and "very busy" in answer.json["detail"]


def test_a_failed_statement_tells_the_log_nothing_personal(db):
    with pytest.raises(DBAPIError) as failed:
        db.session.execute(
            text("SELECT a FROM nowhere WHERE name = :name"), {"name": "Maria das Dores"}
        )

    assert "nowhere" in str(failed.value) and "Maria" not in str(failed.value)


def test_on_downloads_which_are_attachments(client, db):
    open_shop()
    make_sale()
    work_off()
    sign_in(client, "accountant")

    answer = client.get("/invoices/1/xml")

    assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith(
        "attachment"
    )
    assert_guarded(answer)


def test_on_api_answers(app, db):
    calls = api(app.test_client(), make_token("clerk"))

    for answer, status in (
        (calls.get("/sales"), 200),
        (calls.post("/sales", {}), 422),
        (calls.get("/jobs"), 403),
    ):
        assert answer.status_code == status
        assert_guarded(answer)


@pytest.mark.parametrize(
    ("path", "kinds"), [("/api/v1/sales", {"GET", "POST"}), ("/products", {"GET", "POST"})]
)
def test_a_refused_method_is_told_which_there_are(clerk, path, kinds):
    answer = clerk.open(path, method="PUT")

    assert answer.status_code == 405
    assert kinds <= set(answer.headers["Allow"].split(", "))


def test_on_static_files_which_may_be_kept(client):
    answer = client.get("/static/css/base.css")

    assert answer.status_code == 200 and "no-store" not in answer.headers["Cache-Control"]
    assert_guarded(answer)
    answer.close()


def test_a_page_has_no_script_of_its_own(clerk):
    page = clerk.get("/").text

    assert page.count("<script") == page.count('<script src="/static/')

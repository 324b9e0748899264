"""Balcão's web application: wiring only."""

from collections.abc import Callable, Collection
from functools import cache

import structlog
from flask import Flask, request
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

import webapp.platform.garbage
from webapp import cli
from webapp.audit import history
from webapp.audit.tracking import track
from webapp.features import BLUEPRINTS, NOTIFICATIONS, QUEUE_NAMES, VALUE_WORDS, VOCABULARIES
from webapp.http import bundles, formatting, localization, ranges, sealing, uploads
from webapp.http.query import IdConverter
from webapp.http.transactions import TransactionalFlask
from webapp.listings import LISTINGS
from webapp.menu import MENU
from webapp.monitor import troubles
from webapp.notifications import telling
from webapp.platform import clock, live, logs, sqlite
from webapp.platform.database import db
from webapp.platform.errors import Refusal, Stale
from webapp.platform.libraries import babel, compress, csrf, htmx
from webapp.platform.notices import Notifier, send_on_commit
from webapp.platform.queue import connect
from webapp.platform.settings import Settings
from webapp.platform.sparing import sparing
from webapp.platform.storage import Storage
from webapp.platform.transactions import only_reading
from webapp.processing.pipeline import hand_queues_to_rows
from webapp.processing.triggers import hear_low_stock
from webapp.rules.naming import name_values
from webapp.sales.reservations import let_go_on_commit
from webapp.staff import access
from webapp.staff.queries import names_of
from webapp.store.queries import shop_time_zone
from webapp.web import drawn, listings, navigation, security, walks
from webapp.web.compiled import keep_compiled

# Before the audit, which tells of what it adds.
hear_low_stock(db.session)
track(db.session)
send_on_commit(db.session)
let_go_on_commit(db.session)
hand_queues_to_rows()
name_values()
webapp.platform.garbage.look_again()


def create_app(settings: Settings | None = None) -> Flask:
    settings = settings or Settings.from_env()
    logs.set_up(settings.log_format)
    if settings.clock_ahead:
        clock.move(settings.clock_ahead)
    app = TransactionalFlask(__name__, template_folder="../templates", static_folder="../static")
    app.session_interface = access.PageSessions()
    app.url_map.converters["id"] = IdConverter
    app.config.from_mapping(_config(settings))
    app.extensions["settings"] = settings
    app.extensions["redis"] = connect(settings.redis_url)
    app.extensions["storage"] = Storage(settings.data_dir)
    app.extensions["notifier"] = Notifier(lambda: app.extensions["redis"])
    app.extensions["live"] = _live_hub(app, settings)
    if settings.proxies:
        # What they say of who asks is believed, and of nobody else.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)
    sealing.set_up(app)
    # Before the token of a form is looked at: whose session is over is told so, not that the form
    # was too old.
    app.before_request(access.guard)
    uploads.set_up(app)
    _bind_extensions(app)
    app.teardown_request(access.release)
    security.set_up(app)
    ranges.set_up(app)
    bundles.set_up(app)
    navigation.set_up(app, MENU)
    drawn.set_up(app)
    listings.set_up(app, LISTINGS)
    walks.set_up(app)
    telling.set_up(app, NOTIFICATIONS)
    localization.set_up(app, shop_time_zone)
    troubles.set_up(app)
    history.set_up(app, VOCABULARIES, names_of, VALUE_WORDS, QUEUE_NAMES)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
        if blueprint.name.endswith("_api"):
            csrf.exempt(blueprint)
    cli.register(app)
    _handle_errors(app)
    return app


def _live_hub(app: Flask, settings: Settings) -> live.Hub:
    def standing(sessions: Collection[str]) -> dict[str, str]:
        with app.app_context():
            return access.standing_sessions(sessions)

    def counting() -> dict[str, dict[str, int]]:
        with app.app_context(), only_reading():
            return navigation.menu_counts()

    return live.Hub(settings.redis_url, standing, counting, seats=1000, seats_each=100)


def _config(settings: Settings) -> dict:
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        # A full pool answers "busy" within two seconds instead of hanging the page. A failed
        # statement's parameters are people's data: they stay out of the log.
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": 10,
            "max_overflow": 30,
            "pool_timeout": 2,
            "hide_parameters": True,
        },
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 2000,
        "SESSION_COOKIE_NAME": "__Host-balcao" if settings.secure else "balcao",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": 14 * 86400,
        # As long as a session stands; sent with each answer, a late one would take away a newer.
        "SESSION_REFRESH_EACH_REQUEST": False,
        "SEND_FILE_MAX_AGE_DEFAULT": 3600,
        # As long as the session, which ends by itself.
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": settings.secure,
        "BABEL_DEFAULT_LOCALE": "pt_BR",
        "BABEL_DEFAULT_TIMEZONE": "America/Sao_Paulo",
        "BABEL_TRANSLATION_DIRECTORIES": "translations",
        "COMPRESS_MIMETYPES": [
            "text/html",
            "text/css",
            "text/javascript",
            "application/json",
            "image/svg+xml",
            "application/xml",
        ],
        "COMPRESS_ALGORITHM": ["gzip"],
        "COMPRESS_STREAMS": True,
    }


def _bind_extensions(app: Flask) -> None:
    db.init_app(app)
    csrf.init_app(app)
    htmx.init_app(app)
    compress.init_app(app)
    babel.init_app(
        app, locale_selector=localization.parsed_locale, timezone_selector=localization.time_zone
    )
    app.jinja_env.filters.update(formatting.FILTERS)
    app.jinja_env.globals["static_file"] = _static_files(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    keep_compiled(app)
    with app.app_context():
        sqlite.prepare(db.engine)


def _static_files(app: Flask) -> Callable[[str], str]:
    """The address of a file of static/ by its name. A page names eighty, each symbol among them."""

    @cache
    def static_file(name: str) -> str:
        return app.url_for("static", filename=name)

    return static_file


def _handle_errors(app: Flask) -> None:
    log = structlog.get_logger()

    @app.errorhandler(Refusal)
    def refused(refusal):
        db.session.rollback()
        return security.refusal_answer(refusal)

    @app.errorhandler(StaleDataError)
    def overtaken(_error):
        return refused(Stale())

    @app.errorhandler(HTTPException)
    def http_error(error):
        if error.code is None or error.code < 400:
            return error
        return security.http_answer(error)

    @app.errorhandler(Exception)
    def crashed(error):
        db.session.rollback()
        fault = app.extensions["storage"].met(error)
        if fault is None:
            log.exception(
                "request failed",
                endpoint=request.endpoint,
                method=request.method,
                support_number=security.support_number(),
            )
        elif sparing.lets_through(f"request {fault}"):
            log.error("requests cannot be answered", reason=str(fault), endpoint=request.endpoint)
        return security.crash_answer(fault)


__all__ = ["create_app"]

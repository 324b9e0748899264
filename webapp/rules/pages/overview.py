"""The rules in force, in words; and those that apply on another day."""

from flask import render_template, request

from webapp.http.formatting import shop_day
from webapp.http.query import query_day
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.rules.core.actions import ACTIONS
from webapp.rules.core.book import RuleBook
from webapp.rules.drafting import changes_of
from webapp.rules.pages.blueprint import bp
from webapp.rules.pages.listing import applying, between, listing_of, query_action
from webapp.rules.queries import open_draft, version_book, version_on, versions, without_rules
from webapp.staff.access import allow


@bp.get("/rules")
@allow("manager")
def index() -> str:
    day, today = query_day("on"), shop_day(utc_now())
    present = db.session.scalar(without_rules(versions()).limit(1))
    version = version_on(day) if day else present
    book = version_book(version.id) if version else RuleBook()
    draft = open_draft()
    context = {
        "version": version,
        "present": present,
        "draft": draft,
        "day": day,
        "q": request.args.get("q", ""),
        "actions": ACTIONS,
        "action": query_action(),
    }
    if day:
        then = applying(book.rules, day)
        now = applying(version_book(present.id).rules, today) if present else []
        return render_template(
            "rules/page.html",
            listed=listing_of(then, day),
            between=between(now, then),
            **context,
        )
    changed = {change.code: change.kind for change in changes_of(draft)} if draft else {}
    return render_template(
        "rules/page.html", listed=listing_of(book.rules, today), changed=changed, **context
    )

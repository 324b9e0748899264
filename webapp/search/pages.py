"""The search box of every page, and the palette that finds while one types."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.http.sealing import address
from webapp.platform.codes import LONGEST
from webapp.platform.transactions import only_reading
from webapp.search import hits
from webapp.staff.access import allow
from webapp.staff.pages.sign_in import own_page

bp = Blueprint("search", __name__)
LONGEST_RECENT = 1000
NOT_ASKED = ("to", "csrf_token")


def _asked(written: str) -> str:
    return written.replace("\0", " ").strip()[:LONGEST]


@bp.get("/search")
@allow("clerk", "accountant")
def page():
    q = _asked(request.args.get("q", ""))
    meant = hits.meant(q) if q else None
    if meant:
        return redirect(meant.href, 303)
    groups = hits.groups(q) if q else []
    return render_template("search/page.html", q=q, search_text=q, groups=groups)


@bp.post("/find")
@allow("clerk", "accountant")
def find() -> ResponseReturnValue:
    """Where a search form leads: to its page, by an address that tells nobody whom it asks for."""
    page = own_page(request.form.get("to", "")) or url_for("search.page")
    asked = {name: value for name, value in request.form.items() if name not in NOT_ASKED and value}
    return redirect(address(page, asked), 303)


@bp.post("/search/hits")
@allow("clerk", "accountant")
@only_reading()
def found() -> str:
    """What fits, for the palette; a POST, so that nobody's name stands in an address."""
    typed = request.form.get("q", "")
    recent = request.form.get("recent", "")[:LONGEST_RECENT].split()
    groups = hits.palette(_asked(typed), recent)
    return render_template("search/_hits.html", typed=typed, groups=groups)

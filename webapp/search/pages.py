"""The search box of every page, and the palette that finds while one types."""

from flask import Blueprint, redirect, render_template, request

from webapp.platform.transactions import only_reading
from webapp.search import hits
from webapp.staff.access import allow

bp = Blueprint("search", __name__)
LONGEST = 100


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


@bp.post("/search/hits")
@allow("clerk", "accountant")
@only_reading()
def found() -> str:
    """What fits, for the palette; a POST, so that nobody's name stands in an address."""
    typed = request.form.get("q", "")
    return render_template("search/_hits.html", typed=typed, groups=hits.palette(_asked(typed)))

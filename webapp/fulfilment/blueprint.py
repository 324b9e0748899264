"""The blueprint that the pages of fulfilment share, and what their lists have in common; `pages`
gathers them."""

from flask import Blueprint, request

from webapp.fulfilment.months import month_words_of
from webapp.fulfilment.tasks.words import task_question, task_title
from webapp.http.formatting import with_query
from webapp.http.lists import Page, count_text

bp = Blueprint("fulfilment", __name__)


@bp.context_processor
def task_words():
    return {"task_title": task_title, "task_question": task_question}


@bp.context_processor
def month_words():
    return {"month_words": month_words_of}


def asked(members):
    """The member that ?status= names; None for all."""
    written = request.args.get("status", "")
    return members(written) if written in tuple(members) else None


def tab(label, status, chosen, count=None) -> dict:
    return {
        "label": label,
        "href": with_query(status=status, after=None, before=None),
        "active": status == chosen,
        "count": None if count is None else count_text(count),
    }


def live_url(page: Page) -> str:
    """Where new rows are asked for: they belong on the first page only."""
    return "" if page.prev_cursor else with_query()

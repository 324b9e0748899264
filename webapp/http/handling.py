"""What every page that takes a form does alike: read it, act, or show it again with what is wrong.

`submits` is the one path of a posted form, `acts` that of a button; `page_or_fragment` is the one
answer that is a page to a browser and its part to htmx.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from flask import flash, g, make_response, render_template
from flask.typing import ResponseReturnValue
from htmx_flask import request

from webapp.http.forms import Form, Shape
from webapp.platform.database import db
from webapp.platform.errors import Invalid, Refusal, Stale


class Versioned(Protocol):
    @property
    def version(self) -> Any: ...


def submits(
    shape: type[Shape],
    again: Callable[..., str],
    form_class: type[Form] = Form,
    own_status: bool = False,
    present: Callable[..., Form] | None = None,
) -> Callable:
    """Makes a view of one that acts on a form: it gets the parsed `shape` as its first argument.

    A refusal, of the form or of the act, undoes what was done and shows `again(form, **url
    values)`, the page with what was typed and each error beside its field, as 422, or with the
    refusal's `own_status`. `present(**url values)` is the record's form by now: what somebody else
    saved meanwhile in other fields stays, and in the same ones is seen beside one's own values.
    """

    def wrap(act: Callable) -> Callable:
        @wraps(act)
        def view(**values):
            form = form_class(request.form, shape)
            try:
                return _done_once_joined(act, form, present, values)
            except Refusal as refusal:
                db.session.rollback()
                # Nothing was done, and nothing typed is lost.
                form.refuse(refusal)
                if present and isinstance(refusal, Stale):
                    form.beside(present(**values))
                page = again(form, **values)
                return make_response(page, refusal.status if own_status else 422)

        def as_posted(refusal: Refusal, **values):
            """The form again before it was looked at; see webapp/web/security.py."""
            return again(form_class(request.form, shape).refuse(refusal), **values)

        vars(view)["again"] = as_posted
        return view

    return wrap


def _done_once_joined(
    act: Callable, form: Form, present: Callable[..., Form] | None, values: dict[str, Any]
) -> Any:
    try:
        return _done(act, form, values)
    except Stale:
        db.session.rollback()
        if not (present and form.join(present(**values))):
            raise
        g.joined_version = form.value("version")
        return _done(act, form, values)


def _done(act: Callable, form: Form, values: dict[str, Any]) -> Any:
    answer = act(form.parse(), **values)
    # What the database refuses is known before the answer leaves.
    db.session.flush()
    return answer


def acts(back: Callable[..., ResponseReturnValue]) -> Callable:
    """Makes a view of a button's act.

    A refusal undoes what was done and is told on the page that `back(**url values)` leads to.
    Input of the wrong shape, which no button sends, is refused as everywhere.
    """

    def wrap(act: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        @wraps(act)
        def view(**values: Any) -> ResponseReturnValue:
            try:
                answer = act(**values)
                # What the database refuses is known before the answer leaves.
                db.session.flush()
                return answer
            except Invalid:
                raise
            except Refusal as refusal:
                db.session.rollback()
                flash(str(refusal), "warn")
                return back(**values)

        return view

    return wrap


def refuse_stale(row: Versioned) -> None:
    """Raises Stale when the form was made from another version of `row` than the present one, and
    not joined with that since."""
    if g.get("joined_version", request.form.get("version")) != str(row.version):
        raise Stale()


def page_or_fragment(page: str, fragment: str, **context) -> str:
    """The whole page, or to htmx the part of it that is swapped. A page that the browser restores
    is whole."""
    return render_template(fragment if wants_fragment() else page, **context)


def wants_fragment() -> bool:
    return bool(request.htmx) and not request.htmx.history_restore_request

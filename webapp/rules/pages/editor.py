"""The page on which a rule is written: the whole rule is the form, and each button posts it and
gets it back changed."""

import re
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from werkzeug import Response

from webapp.http.formatting import shop_day
from webapp.http.handling import page_or_fragment
from webapp.http.numbers import is_brazilian
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Invalid, NotFound, Refusal
from webapp.platform.transactions import only_reading
from webapp.rules import drafting
from webapp.rules.core.actions import ACTIONS
from webapp.rules.core.fields import FIELDS
from webapp.rules.core.operators import OPERATORS, operators_for
from webapp.rules.core.rule import RawRule
from webapp.rules.core.written import WrittenRule
from webapp.rules.editing.edits import edit, offered_actions
from webapp.rules.editing.exceptions import exception_to, grounds_of
from webapp.rules.editing.feedback import assess
from webapp.rules.editing.form import RuleForm, capitalized, example_row, form_name, form_of
from webapp.rules.editing.offers import Offers, fields_offered, found
from webapp.rules.editing.posted import form_from
from webapp.rules.editing.rows import CheckRow, Node, is_picked
from webapp.rules.editing.sale_examples import example_of_sale, with_example
from webapp.rules.pages.blueprint import author, bp
from webapp.rules.queries import book_to_edit, open_draft
from webapp.staff.access import allow

GROUP_KINDS = {
    "all": (lazy_pgettext("conditions", "All"), _l("of these conditions hold")),
    "any": (_l("At least one"), _l("of these conditions holds")),
    "not": (lazy_pgettext("conditions", "Not"), _l("this")),
}
PLACE = re.compile(r"when(\.[0-9]{1,3}){0,10}")


def rule_to_edit(code: str) -> WrittenRule:
    """The draft's rule of that code, else the one in force."""
    rule = book_to_edit().get(code)
    if rule is None:
        raise NotFound(_("There is no rule of this code, neither in the draft nor in force."))
    return rule


def posted_form() -> RuleForm:
    return form_from(request.form.lists(), is_brazilian())


def _page(form: RuleForm, code: str, seen: str, focus: str = "", strict: bool = False) -> str:
    """The editor; to htmx the form alone. With `strict`, what is not filled in yet is told as
    well."""
    book, blamed, message = book_to_edit(), form.errors, form.message
    form.check()
    if not strict:
        form.forgive()
    form.errors, form.message = {**form.errors, **blamed}, message
    return page_or_fragment(
        "rules/form.html",
        "rules/_form.html",
        form=form,
        code=code,
        seen=seen,
        focus=focus,
        draft=open_draft(),
        offers=Offers(form, book, code),
        feedback=assess(form, book, code, shop_day(utc_now())),
        exceptions=[rule.rule for rule in book.exceptions_to(code)] if code else [],
        **_declarations(form),
    )


def _declarations(form: RuleForm) -> dict[str, Any]:
    return {
        "fields": FIELDS,
        "operators": OPERATORS,
        "actions": ACTIONS,
        "fields_offered": fields_offered(form.scope),
        "operators_for": operators_for,
        "actions_offered": offered_actions(form.scope),
        "is_picked": is_picked,
        "place_of": _place_of,
        "group_kinds": GROUP_KINDS,
    }


@bp.get("/rules/new")
@allow("manager")
def new_rule() -> str:
    """A blank rule; with ?except=commission&field=customer_id&value=12 an exception to another
    one."""
    target = request.args.get("except")
    if not target:
        return _page(RuleForm(is_brazilian()), "", "")
    rule, key = rule_to_edit(target), request.args.get("field", "")
    value = request.args.get("value", "").strip()[:200]
    if key not in grounds_of(rule) or not value or not value.isprintable():
        raise Invalid([], _("Choose what the exception is for."))
    exception = exception_to(rule, book_to_edit(), key, value)
    return _page(form_of(exception, is_brazilian()), "", "")


@bp.get("/rules/<code>/edit")
@allow("manager")
def edit_rule(code: str) -> str:
    rule = rule_to_edit(code)
    return _page(form_of(rule.raw, is_brazilian()), code, rule.fingerprint)


@bp.post("/rules/form")
@allow("manager")
def change_form() -> str:
    """The form with one thing done to it (`do`). Writes nothing."""
    form, code, do = posted_form(), request.form.get("replaces", ""), request.form.get("do", "")
    with only_reading():
        focus = _take_sale(form) if do == "sale" else edit(form, do)
        return _page(form, code, request.form.get("seen", ""), focus)


def _take_sale(form: RuleForm) -> str:
    """One more example, of the sale that is named in the form."""
    rule = form.check()
    form.errors = {}
    try:
        if rule is None:
            raise Refusal(
                _(
                    "Finish the conditions and actions first: the example holds what the rule "
                    "comes to."
                )
            )
        form.examples.append(
            example_row(example_of_sale(rule, request.form.get("sale", "")), form.brazilian)
        )
    except Refusal as refusal:
        form.errors["sale"] = str(refusal)
        return "sale"
    return f"fact:examples.{len(form.examples) - 1}"


@bp.post("/rules/<code>/examples", endpoint="example_of_sale")
@allow("manager")
def keep_example(code: str) -> Response:
    """Keeps an example of the sale (its id or reference) with the rule, in the draft; then shows
    it."""
    rule = rule_to_edit(code)
    example = example_of_sale(rule.rule, request.form.get("sale", ""))
    raw = with_example(rule.raw, example)
    drafting.keep_rule(author(), raw, code, rule.fingerprint)
    flash(_("The example is kept with the rule, in the draft."), "good")
    anchor = f"f-examples-{raw['examples'].index(example)}"
    return redirect(url_for("rules.edit_rule", code=code, _anchor=anchor), 303)


@bp.post("/rules/form/told")
@allow("manager")
def rule_feedback() -> str:
    """What is said of the rule as it is written so far."""
    form, code = posted_form(), request.form.get("replaces", "")
    form.check()
    with only_reading():
        feedback = assess(form, book_to_edit(), code, shop_day(utc_now()))
        return render_template(
            "rules/_feedback.html", form=form.forgive(), feedback=feedback, swapped=True
        )


@bp.post("/rules/form/found")
@allow("manager")
def find_values() -> str:
    """Customers or products for one condition; a POST, so that nobody's name stands in an
    address."""
    place = request.form.get("place", "")
    field = FIELDS.get(request.form.get(f"{place}.field", "")) if PLACE.fullmatch(place) else None
    written = request.form.get(f"{place}.find", "")[:100]
    with only_reading():
        options = found(field.refers, written) if field and field.refers else []
        return render_template("rules/_found.html", place=place, options=options, written=written)


@bp.post("/rules/new")
@bp.post("/rules/<code>/edit")
@allow("manager")
def save_rule(code: str = "") -> Response:
    """Keeps the rule in the draft; what is wrong is told at its row."""
    form, seen = posted_form(), request.form.get("seen", "")
    if code:
        form.plain["code"] = code
    if form.check() is None:
        return make_response(_page(form, code, seen, strict=True), 422)
    raw = form.to_json()
    try:
        if not code and not form.value("code").strip():
            raw["code"] = _free_code(raw)
        draft = drafting.keep_rule(author(), raw, code or None, seen)
    except Refusal as refusal:
        db.session.rollback()
        form.errors = {form_name(error.field): str(error.message) for error in refusal.errors}
        form.message = str(refusal)
        return make_response(_page(form, code, seen, strict=True), refusal.status)
    if draft is None:
        flash(_("Nothing differs from the rules in force."), "info")
        return redirect(url_for("rules.index"), 303)
    flash(_("Saved to the draft. It takes effect once the draft is published."), "good")
    return redirect(url_for("rules.draft", at=raw["code"], _anchor=f"rule-{raw['code']}"), 303)


def _free_code(raw: RawRule) -> str:
    """The code made from the name, numbered where another rule has it; the same rule, sent twice,
    gets the same one."""
    book, number, stem = book_to_edit(), 1, raw["code"][:54]
    while True:
        code = f"{stem}_{number}" if number > 1 else stem
        known = book.get(code)
        if known is None or known.raw == raw | {"code": code}:
            return code
        number += 1


# What the templates ask


@bp.app_template_test("group_row")
def is_group_row(node: Node) -> bool:
    return not isinstance(node, CheckRow)


@bp.app_template_filter("capital")
def capital(text: object) -> str:
    """A label that stands alone: "e-mail template" -> "E-mail template"."""
    return capitalized(str(text))


def _place_of(name: str) -> str:
    """Which row it is, as people count: "when.0.2" -> "1.3"."""
    return ".".join(str(int(part) + 1) for part in name.split(".")[1:])

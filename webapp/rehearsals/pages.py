"""What changes on the shop's NF-e: the dates to come, each rehearsed on the last month's notes and
the catalog, and what the products of a cause are given."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.catalog.product_edits import give_tax_facts
from webapp.catalog.queries import products_by_sku
from webapp.fiscal.calendar import Term
from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.rehearsals.asking import (
    ask_rehearsal,
    latest_by_day,
    rehearsal_by_id,
    try_version,
)
from webapp.rehearsals.forms import MendingIn, RehearsalIn
from webapp.rehearsals.models import Rehearsal
from webapp.rehearsals.words import cause_text, findings_of
from webapp.staff.access import allow
from webapp.taxation.book import the_tax_book
from webapp.taxation.models import TaxProfileVersion
from webapp.taxation.pages.blueprint import shared
from webapp.taxation.queries import issuer_today, profile_names, version_of

bp = Blueprint("rehearsals", __name__)
bp.context_processor(shared)


@bp.get("/fiscal-rehearsals")
@allow("manager", "accountant")
def index() -> str:
    return _index_page(Form({}))


def _index_page(form: Form) -> str:
    coming = the_tax_book().calendar.coming(issuer_today())
    days = [(day, _told(terms)) for day, terms in groupby(coming, lambda term: term.start)]
    return render_template(
        "rehearsals/rehearsals.html",
        days=days,
        latest=latest_by_day([day for day, _terms in days]),
        findings_of=findings_of,
        today=issuer_today(),
        form=form,
    )


def _told(terms: Iterable[Term]) -> list[tuple[str, str]]:
    """What begins and by which source, each once: some are kept for each regime."""
    return list(dict.fromkeys((term.what, term.source) for term in terms))


@bp.post("/fiscal-rehearsals")
@allow("manager", "accountant")
@submits(RehearsalIn, again=_index_page)
def ask(wanted: RehearsalIn) -> ResponseReturnValue:
    return _to(ask_rehearsal(wanted.day, g.identity.actor))


@bp.post("/tax-profiles/<code>/versions/<id:version_id>/rehearsals")
@allow("manager", "accountant")
@acts(lambda code, version_id: redirect(url_for("taxation.show", code=code), 303))
def ask_for_version(code: str, version_id: int) -> ResponseReturnValue:
    return _to(try_version(version_of(code, version_id), g.identity.actor))


def _to(rehearsal: Rehearsal) -> ResponseReturnValue:
    return redirect(url_for("rehearsals.show", rehearsal_id=rehearsal.id), 303)


@bp.get("/fiscal-rehearsals/<id:rehearsal_id>")
@allow("manager", "accountant")
def show(rehearsal_id: int) -> str:
    return _page(Form({}), rehearsal_id)


def _page(form: Form, rehearsal_id: int) -> str:
    context = _context(rehearsal_by_id(rehearsal_id), form)
    return render_template("rehearsals/rehearsal.html", **context)


def _context(rehearsal: Rehearsal, form: Form) -> dict[str, Any]:
    version = rehearsal.version_id and db.session.get(TaxProfileVersion, rehearsal.version_id)
    return {
        "rehearsal": rehearsal,
        "version": version,
        "found": findings_of(rehearsal),
        "cause_text": cause_text,
        "profiles": profile_names(),
        "form": form,
    }


@bp.get("/fiscal-rehearsals/<id:rehearsal_id>/state")
@allow("manager", "accountant")
def state(rehearsal_id: int) -> str:
    """The part of the page that moves."""
    context = _context(rehearsal_by_id(rehearsal_id), Form({}))
    return render_template("rehearsals/_rehearsal.html", **context)


@bp.post("/fiscal-rehearsals/<id:rehearsal_id>/stop")
@allow("manager", "accountant")
def stop(rehearsal_id: int) -> ResponseReturnValue:
    rehearsal = rehearsal_by_id(rehearsal_id, lock=True)
    rehearsal.stop(utc_now())
    return _to(rehearsal)


@bp.post("/fiscal-rehearsals/<id:rehearsal_id>/mending")
@allow("manager", "accountant")
@submits(MendingIn, again=_page)
def mend(wanted: MendingIn, rehearsal_id: int) -> ResponseReturnValue:
    """Gives every product of a cause the NCM or the tax profile that it lacks."""
    rehearsal = rehearsal_by_id(rehearsal_id)
    cause = findings_of(rehearsal).tally.causes.get(wanted.cause)
    if cause is None:
        raise NotFound(_("There is no such cause."))
    changed = give_tax_facts(products_by_sku(cause.skus).values(), wanted)
    text = ngettext("%(num)s product was changed.", "%(num)s products were changed.", changed)
    flash(f"{text} {_('Rehearse the day again to see what is left.')}", "good")
    return _to(rehearsal)

"""What others publish and the shop's NF-e go by: schema packages, the table of NCM and IBPT's."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.catalog.models import Product
from webapp.catalog.queries import with_unknown_ncm
from webapp.fiscal.places import STATES
from webapp.fiscal.schema import BUILT_IN
from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.http.uploads import sent_file, takes_file
from webapp.platform.database import db
from webapp.staff.access import allow
from webapp.store.pages.blueprint import bp, settings_tabs
from webapp.store.queries import the_shop
from webapp.taxation.book import the_tax_book
from webapp.taxation.forms import IbptIn, NcmIn, SchemaPackageIn
from webapp.taxation.official import (
    drop_package,
    drop_table,
    take_ibpt,
    take_ncm,
    take_package,
)
from webapp.taxation.queries import issuer_today, official_tables, schema_packages

# Products whose NCM is not in the table: more than these nobody mends by a list of the settings.
MOST_TOLD = 50


@bp.get("/settings/official-tables")
@allow("admin")
def official_page() -> str:
    return _page()


def _page(**refused: Form) -> str:
    """The page with empty forms, except the refused one, which stays as typed."""
    today, book = issuer_today(), the_tax_book()
    tables = db.session.scalars(official_tables()).all()
    return render_template(
        "store/official.html",
        tabs=settings_tabs("store.official_page"),
        built_in=BUILT_IN,
        packages=db.session.scalars(schema_packages()).all(),
        package_in_force=book.package(today).name,
        ncm=next((table for table in tables if table.kind == "ncm"), None),
        unknown=_with_unknown_ncm(),
        ibpt=[table for table in tables if table.kind == "ibpt"],
        today=today,
        states=[(code, code) for code in sorted(STATES)],
        forms_of={"package": Form({}), "ncm": Form({}), "ibpt": _ibpt_form()} | refused,
    )


def _with_unknown_ncm() -> Sequence[Product]:
    table = the_tax_book().ncm
    if table is None:
        return ()
    return db.session.scalars(with_unknown_ncm(table, issuer_today()).limit(MOST_TOLD)).all()


def _ibpt_form() -> Form:
    return Form.filled({"state": the_shop().state})


def _saved(news: str) -> ResponseReturnValue:
    flash(news, "good")
    return redirect(url_for("store.official_page"), 303)


@bp.post("/settings/schema-packages")
@allow("admin")
@takes_file
@submits(SchemaPackageIn, again=lambda form: _page(package=form))
def save_package(wanted: SchemaPackageIn) -> ResponseReturnValue:
    package = take_package(wanted, sent_file("zip").stream)
    return _saved(_("Package %(name)s taken.", name=package.name))


@bp.post("/settings/schema-packages/<id:package_id>/removal")
@allow("admin")
def remove_package(package_id: int) -> ResponseReturnValue:
    drop_package(package_id)
    return _saved(_("Package removed."))


@bp.post("/settings/ncm-table")
@allow("admin")
@takes_file
@submits(NcmIn, again=lambda form: _page(ncm=form))
def save_ncm(wanted: NcmIn) -> ResponseReturnValue:
    return _told(take_ncm(wanted, sent_file("ncm_file").stream).rows)


@bp.post("/settings/ibpt-tables")
@allow("admin")
@takes_file
@submits(IbptIn, again=lambda form: _page(ibpt=form))
def save_ibpt(wanted: IbptIn) -> ResponseReturnValue:
    return _told(take_ibpt(wanted, sent_file("ibpt_file").stream).rows)


def _told(rows: int) -> ResponseReturnValue:
    return _saved(ngettext("Table taken: %(num)s NCM.", "Table taken: %(num)s NCM.", rows))


@bp.post("/settings/official-tables/<id:table_id>/removal")
@allow("admin")
def remove_table(table_id: int) -> ResponseReturnValue:
    drop_table(table_id)
    return _saved(_("Table removed."))

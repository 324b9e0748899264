"""The page of the companies that an NF-e names beside shop and buyer."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.http.forms import Form
from webapp.http.handling import refuse_stale, submits
from webapp.http.lists import Order
from webapp.platform.documents import format_document
from webapp.staff.access import allow
from webapp.store.models import Partner, PartnerKind
from webapp.store.pages.blueprint import settings_tabs
from webapp.store.partners.edits import save_partner
from webapp.store.partners.forms import PartnerIn
from webapp.store.partners.queries import partner_by_id, partners
from webapp.web.listings import Cell, Listing

bp = Blueprint("partners", __name__)
PARTNERS = Listing(
    name="partners",
    label=_l("Marketplaces, carriers, acquirers"),
    endpoint="partners.index",
    rows=lambda _asked: partners(),
    orders={"name": Order((Partner.kind, Partner.name, Partner.id))},
    cells=(
        Cell(_l("Company"), lambda partner: partner.name),
        Cell(_l("Kind"), lambda partner: str(partner.kind.label)),
        Cell(_l("Code"), lambda partner: partner.code),
        Cell(_l("CNPJ"), lambda partner: format_document(partner.cnpj)),
        Cell(_l("State registration"), lambda partner: partner.state_registration),
        Cell(_l("City"), lambda partner: partner.city),
        Cell(_l("State"), lambda partner: partner.state),
    ),
)
KINDS = [(str(kind), kind.label) for kind in PartnerKind]


def _partners_page(form: Form) -> str:
    page = PARTNERS.page(request.args)
    tabs = settings_tabs("partners.index")
    return render_template("store/partners.html", form=form, page=page, kinds=KINDS, tabs=tabs)


@bp.get("/partners")
@allow("admin")
def index() -> str:
    return _partners_page(Form())


@bp.post("/partners")
@allow("admin")
@submits(PartnerIn, again=_partners_page)
def create(wanted: PartnerIn) -> ResponseReturnValue:
    partner = save_partner(Partner(), wanted)
    flash(_("%(name)s was added.", name=partner.name), "good")
    return redirect(url_for("partners.index"), 303)


def _present(partner_id: int) -> Form:
    partner = partner_by_id(partner_id)
    values = {name: getattr(partner, name) for name in (*PartnerIn.model_fields, "version")}
    return Form.filled(values)


def _partner_page(form: Form, partner_id: int) -> str:
    partner = partner_by_id(partner_id)
    return render_template("store/partner.html", form=form, partner=partner, kinds=KINDS)


@bp.get("/partners/<id:partner_id>/edit")
@allow("admin")
def edit(partner_id: int) -> str:
    return _partner_page(_present(partner_id), partner_id)


@bp.post("/partners/<id:partner_id>")
@allow("admin")
@submits(PartnerIn, again=_partner_page, present=_present)
def update(wanted: PartnerIn, partner_id: int) -> ResponseReturnValue:
    partner = partner_by_id(partner_id)
    refuse_stale(partner)
    save_partner(partner, wanted)
    flash(_("%(name)s was saved.", name=partner.name), "good")
    return redirect(url_for("partners.index"), 303)

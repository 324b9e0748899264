"""An accountant's pages: profiles and their versions, who takes which, rates, the calendar."""

import datetime as dt

import pytest

from tests.factories import make_product, make_sale, open_shop, sign_in, work_off
from webapp.audit.models import AuditEntry
from webapp.invoices.models import Invoice
from webapp.invoices.queries import last_issued
from webapp.store.queries import the_shop
from webapp.taxation.models import CalendarValue, StateRate, TaxProfileVersion
from webapp.taxation.queries import default_choices, issuer_today, versions_of

FACTS = {
    "code": "cosmetics",
    "name": "Cosméticos",
    "nature": "resale",
    "icms": "102",
    "reduction": "",
    "credit_rate": "",
    "origin": "",
    "cest": "",
    "benefit_code": "",
    "pis_cofins": "49",
    "ibs_cbs": "000",
    "ibs_cbs_class": "000001",
    "activity": "01",
}


def facts(**changes) -> dict:
    return FACTS | {"valid_from": str(issuer_today())} | changes


@pytest.fixture
def accountant(client, db):
    open_shop()
    the_shop().crt = "1"
    db.session.commit()
    sign_in(client, "accountant", email="accountant@example.com")
    return client


def test_a_profile_is_written_signed_off_and_followed_by_another_version(accountant, db):
    answer = accountant.post("/tax-profiles", data=facts())
    assert answer.location == "/tax-profiles/cosmetics"
    page = accountant.get("/tax-profiles/cosmetics").text
    version = versions_of("cosmetics")[0]
    place = f"/tax-profiles/cosmetics/versions/{version.id}"
    assert f"{place}/sign-off" in page and "Cosméticos" in page

    accountant.post(f"{place}/sign-off")
    tomorrow = str(issuer_today() + dt.timedelta(1))
    form = accountant.get("/tax-profiles/cosmetics/new-version").text
    assert 'value="000001"' in form
    accountant.post("/tax-profiles/cosmetics", data=facts(icms="300", valid_from=tomorrow))

    newer, older = versions_of("cosmetics")
    assert (older.state, older.signed_off_by) == ("signed_off", "accountant@example.com")
    assert (newer.number, newer.icms, newer.state) == (2, "300", "waiting")
    assert "A version waits to be signed off" in accountant.get("/tax-profiles/cosmetics").text
    told = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.subject == "tax_profile_versions")
    )
    assert [(entry.action, entry.subject_name) for entry in told] == [
        ("created", "cosmetics 1"),
        ("changed", "cosmetics 1"),
        ("created", "cosmetics 2"),
    ]


def test_the_code_of_a_profile_is_new_and_stays(accountant, db):
    accountant.post("/tax-profiles", data=facts())

    assert refusal(accountant, "/tax-profiles", facts()) == ["code"]
    other = accountant.post("/tax-profiles/cosmetics", data=facts(code="other"))
    assert (other.status_code, len(versions_of("cosmetics"))) == (422, 1)
    assert refusal(accountant, "/tax-profiles/cosmetics", facts()) == ["valid_from"]
    assert accountant.post("/tax-profiles/nobody", data=facts(code="nobody")).status_code == 422


# By the field that is named.
NO_PROFILES = (
    ("icms", {"icms": ""}),
    ("icms", {"icms": "00"}),
    ("icms", {"icms": "103"}),
    ("cest", {"icms": "500"}),
    ("cest", {"cest": "123"}),
    ("nature", {"nature": "st_paid"}),
    ("nature", {"icms": "500", "cest": "2001600"}),
    ("credit_rate", {"icms": "101"}),
    ("credit_rate", {"credit_rate": "3,00"}),
    ("credit_rate", {"icms": "101", "credit_rate": "100,01"}),
    ("reduction", {"reduction": "10,00"}),
    ("ibs_cbs", {"ibs_cbs": "999"}),
    ("ibs_cbs_class", {"ibs_cbs_class": "410008"}),
    ("ibs_cbs_class", {"ibs_cbs_class": "000999"}),
    ("ibs_cbs_class", {"ibs_cbs_class": "1"}),
    ("activity", {"activity": "90"}),
    ("activity", {"activity": "15"}),
    ("benefit_code", {"benefit_code": "X1"}),
    ("origin", {"origin": "9"}),
    ("valid_from", {"valid_from": "2027-02-30"}),
    ("valid_from", {"valid_from": ""}),
    ("code", {"code": "Ç a"}),
    ("code", {"code": "new"}),
    ("name", {"name": ""}),
)


def test_what_makes_no_profile_is_refused_at_its_field(accountant, db):
    for field, changes in NO_PROFILES:
        assert field in refusal(accountant, "/tax-profiles", facts(**changes)), changes
    written = db.select(TaxProfileVersion).where(TaxProfileVersion.code == "cosmetics")
    assert db.session.scalar(written) is None


def refusal(client, path: str, data: dict) -> list[str]:
    """The fields that the page names."""
    answer = client.post(path, data=data)
    assert answer.status_code == 422, answer.text
    names = [*data, "valid_from", "from"]
    return [name for name in dict.fromkeys(names) if f'id="f-{name}-error"' in answer.text]


def test_what_holds_since_an_nfe_was_issued_is_not_taken_back(accountant, db):
    make_sale()
    work_off()
    assert last_issued() == issuer_today()
    accountant.post("/tax-profiles", data=facts())
    version = versions_of("cosmetics")[0]

    page = accountant.post(
        f"/tax-profiles/cosmetics/versions/{version.id}/withdrawal", follow_redirects=True
    )
    assert "NF-e" in page.text and versions_of("cosmetics")
    yesterday = str(issuer_today() - dt.timedelta(1))
    earlier = facts(code="goods", name="Goods", valid_from=yesterday)
    # Nothing was issued yesterday, but what was since went by the version that holds then.
    assert refusal(accountant, "/tax-profiles/goods", earlier) == ["valid_from"]


def test_the_store_and_a_category_choose(accountant, db):
    accountant.post("/tax-profiles", data=facts())
    make_product(category="Perfumaria")

    chosen = {"goods": "cosmetics", "book": "book", "gift": "gift", "export": "export"}
    accountant.post("/tax-choices/defaults", data=chosen)
    assert default_choices() == chosen
    assert refusal(accountant, "/tax-choices/defaults", chosen | {"gift": "none"}) == ["gift"]
    # The categories beside are not in the order of the profiles.
    assert accountant.get("/tax-profiles?sort=from").status_code == 200
    choice = {"category": "Perfumaria", "profile": "cosmetics"}
    accountant.post("/tax-choices/categories", data=choice)
    assert "Perfumaria" in accountant.get("/tax-profiles").text
    assert refusal(accountant, "/tax-choices/categories", choice | {"profile": "none"}) == [
        "profile"
    ]


def test_a_rate_is_written_and_taken_back(accountant, db):
    rate = {"state": "AL", "valid_from": str(issuer_today()), "icms": "20,50", "fcp": "1"}

    accountant.post("/tax-rates", data=rate)
    accountant.post("/tax-rates", data=rate)
    kept = db.session.scalars(db.select(StateRate)).one()
    assert "20.50" in accountant.get("/tax-rates").text
    assert refusal(accountant, "/tax-rates", rate | {"icms": "101"}) == ["icms"]
    assert refusal(accountant, "/tax-rates", rate | {"icms": "60", "fcp": "50"}) == ["fcp"]
    assert refusal(accountant, "/tax-rates", rate | {"ncm": "33", "sku": "A"}) == ["sku"]
    accountant.post(f"/tax-rates/{kept.id}/withdrawal")
    assert db.session.scalars(db.select(StateRate)).all() == []


def test_a_value_of_the_calendar_is_asked_for_and_typed_in(accountant, db, monkeypatch):
    the_shop().crt = "3"
    db.session.commit()
    monkeypatch.setattr("webapp.taxation.pages.calendar.issuer_today", lambda: dt.date(2026, 12, 1))
    form = {"code": "pCBS", "from": "2027-01-01", "value": "8,8", "source": "Resolução 1/2026"}

    page = accountant.get("/fiscal-calendar?code=pCBS&from=2027-01-01").text
    assert "code=pCBS&amp;from=2027-01-01" in page
    assert refusal(accountant, "/fiscal-calendar", form | {"value": "100,01"}) == ["value"]
    assert refusal(accountant, "/fiscal-calendar", form | {"value": "8,88888"}) == ["value"]
    assert refusal(accountant, "/fiscal-calendar", form | {"source": ""}) == ["source"]
    assert refusal(accountant, "/fiscal-calendar", form | {"code": "vat"}) == ["code"]
    accountant.post("/fiscal-calendar", data=form)

    kept = db.session.scalars(db.select(CalendarValue)).one()
    assert (kept.code, str(kept.value)) == ("pCBS", "8.8000")
    page = accountant.get("/fiscal-calendar").text
    assert "8.80" in page and "code=pCBS&amp;" not in page


def test_a_clerk_chooses_a_products_profile_in_its_form(client, db):
    open_shop()
    sign_in(client, "clerk")
    product = make_product()
    form = {
        "sku": product.sku,
        "name": product.name,
        "kind": "physical",
        "price": "129,90",
        "unit": "UN",
        "origin": "0",
        "weight_g": "500",
        "ncm": "42029200",
        "tax_profile": "book",
        "version": product.version,
    }

    assert 'name="tax_profile"' in client.get(f"/products/{product.id}/edit").text
    client.post(f"/products/{product.id}", data=form)
    db.session.expire_all()
    assert product.tax_profile == "book"
    form |= {"tax_profile": "none", "version": product.version}
    assert refusal(client, f"/products/{product.id}", form) == ["tax_profile"]
    assert client.get("/tax-profiles").status_code == 403


def test_an_invoice_keeps_what_it_went_by(accountant, db):
    sale = make_sale()
    work_off()

    invoice = db.session.scalars(db.select(Invoice).where(Invoice.sale_id == sale.id)).one()
    assert invoice.tax_profiles == [
        {
            "line": 1,
            "by": "default",
            "of": "goods",
            "code": "goods",
            "name": "Mercadoria para revenda",
            "version": 1,
            "signed_off": False,
        }
    ]
    page = accountant.get(f"/invoices/{invoice.id}").text
    assert (
        "By the tax profile “Mercadoria para revenda”, version 1 (not signed off), the "
        "store&#39;s for goods: CFOP 5102 (resale within the state), CSOSN 102."
    ) in page

"""The settings: who issues the NF-e, and how the shop works."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.factories import make_sale, open_shop, sign_in, work_off
from webapp.audit.models import AuditEntry
from webapp.invoices.models import Invoice
from webapp.sales.models import Sale, Status
from webapp.store.queries import the_shop

ISSUER = {
    "name": "Pico Nevado Livros e Montanha Ltda",
    "trade_name": "Pico Nevado",
    "cnpj": "99.888.777/0001-00",
    "state_registration": "492.730.565.410",
    "crt": "1",
    "zip_code": "06243-110",
    "state": "sp",
    "city": "osasco",
    "neighborhood": "Jardim Elvira",
    "street": "Rua Rocha Pombo",
    "number": "845",
    "complement": "",
    "ibge": "",
    "phone": "(11) 3000-0010",
    "email": "loja@piconevado.example.com",
}


@pytest.fixture
def admin(client, db):
    return sign_in(client, "admin")


HOUSE = {
    "time_zone": "America/Sao_Paulo",
    "hold_hours": "72",
    "review_policy": "exceptions",
    "clerk_discount_limit": "10.00",
    "reviewer_discount_limit": "10.00",
    "clerk_prices_locked": "0",
}


def save(client, part="issuer", **changes):
    base = ISSUER if part == "issuer" else HOUSE
    return client.post(f"/settings/{part}", data=base | {"version": the_shop().version} | changes)


def test_a_new_shop_has_no_issuer_and_says_so(client, db, admin):
    page = client.get("/settings").text

    assert the_shop().cnpj == ""
    assert (
        "Until the company details are filled in" in page
        and "A test certificate is made once the issuer has a CNPJ." in page
    )


def test_without_an_issuer_no_nfe_is_built_and_with_one_the_sale_goes_on(client, db, admin):
    sale = make_sale()
    work_off()
    assert (sale.status, sale.step) == (Status.ATTENTION, "invoice")
    assert sale.reason_field.startswith("settings.")
    assert db.session.scalar(select(Invoice.number)) is None

    save(client)
    client.post(f"/sales/{sale.id}/retry")
    work_off()
    db.session.refresh(sale)
    assert sale.status is Status.INVOICED


def test_the_issuer_is_kept_in_the_form_that_the_nfe_asks_for(client, db, admin):
    assert save(client).status_code == 303

    shop = the_shop()
    assert (shop.cnpj, shop.state_registration, shop.zip_code, shop.phone) == (
        "99888777000100",
        "492730565410",
        "06243110",
        "1130000010",
    )
    assert (shop.state, shop.ibge) == ("SP", "3534401"), "the city's code is found by its name"
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.subject == "shop")).one()
    assert (entry.actor, entry.after["cnpj"]) == (admin, "99888777000100")


def test_a_trade_name_left_blank_is_the_company_s(client, db, admin):
    save(client, trade_name="")
    assert the_shop().trade_name == ISSUER["name"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cnpj", "99.888.777/0001-01"),
        ("cnpj", "111.444.777-35"),
        ("cnpj", ""),
        ("name", "x"),
        ("name", "x" * 61),
        ("crt", "9"),
        ("crt", ""),
        ("zip_code", "123"),
        ("state", "XX"),
        ("city", "Atlântida Perdida"),
        ("ibge", "1234567"),
        ("ibge", "3550308"),
        ("phone", "none"),
        ("email", "nobody"),
        ("state_registration", "abc"),
        ("state_registration", "123"),
        ("state_registration", "492.730.565.411"),
        ("street", ""),
        ("number", ""),
        ("name", "a\0b"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_half_written(client, db, admin, field, value):
    answer = save(client, **{field: value})

    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert "Jardim Elvira" in answer.text, "what was typed is lost"
    assert the_shop().cnpj == ""


def test_a_city_s_code_is_one_of_the_issuer_s_state(client, db, admin):
    answer = save(
        client, state="MG", city="Osasco", ibge="3534401", state_registration="0623079040081"
    )
    assert answer.status_code == 422
    assert 'id="f-ibge-error"' in answer.text and "city in another state" in answer.text
    assert the_shop().cnpj == ""


def test_unknown_fields_are_refused(client, db, admin):
    assert save(client, id="2").status_code == 422
    assert save(client, "house", version_id="2").status_code == 422


def test_the_second_of_two_editors_is_told(client, db, admin):
    seen = the_shop().version
    save(client)

    answer = save(client, "issuer", version=seen, name="Second")
    assert answer.status_code == 422 and "Somebody changed this record" in answer.text
    assert the_shop().name == ISSUER["name"]


def test_limits_of_discounts_are_set_or_left_blank(client, db, admin):
    limits = {"clerk_discount_limit": "7,5", "reviewer_discount_limit": ""}
    assert save(client, "house", clerk_prices_locked="1", **limits).status_code == 303

    shop = the_shop()
    assert (shop.clerk_discount_limit, shop.reviewer_discount_limit) == (Decimal("7.50"), None)
    assert shop.clerk_prices_locked
    assert save(client, "house", clerk_discount_limit="101").status_code == 422


def test_how_the_shop_works_can_be_set_before_the_issuer(client, db, admin):
    assert (
        save(
            client, "house", time_zone="America/Manaus", hold_hours="24", review_policy="all"
        ).status_code
        == 303
    )

    shop = the_shop()
    assert (shop.time_zone, shop.hold_hours, shop.review_policy) == ("America/Manaus", 24, "all")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hold_hours", "0"),
        ("hold_hours", "-1"),
        ("hold_hours", "1.5"),
        ("hold_hours", "9999999"),
        ("time_zone", "Europe/Paris"),
        ("time_zone", "../../etc/passwd"),
        ("review_policy", "none"),
    ],
)
def test_a_way_of_working_that_makes_no_sense_is_refused(client, db, admin, field, value):
    answer = save(client, "house", **{field: value})

    assert answer.status_code == 422 and f'id="f-{field}-error"' in answer.text
    assert (the_shop().hold_hours, the_shop().time_zone, the_shop().review_policy) == (
        72,
        "America/Sao_Paulo",
        "exceptions",
    )


def test_the_review_policy_decides_which_nfe_wait(client, db, admin):
    open_shop()
    save(client, "house", review_policy="all")
    make_sale()
    work_off()

    assert db.session.scalars(select(Sale)).one().status is Status.REVIEW


class TestPolicyFromTheEnvironment:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, review_policy="all", review_policy_from_env=True)

    def test_it_is_shown_and_cannot_be_changed(self, client, db, admin):
        page = client.get("/settings").text
        assert "Set by REVIEW_POLICY" in page and 'name="review_policy"' not in page

        kept = the_shop().review_policy
        assert save(client, "house", review_policy="all").status_code == 422
        assert the_shop().review_policy == kept

    def test_the_rest_can_still_be_set(self, client, db, admin):
        form = HOUSE | {"hold_hours": "48", "version": the_shop().version}
        del form["review_policy"]
        assert client.post("/settings/house", data=form).status_code == 303
        assert the_shop().hold_hours == 48


def test_the_certificate_is_shown_with_its_end(client, db, admin):
    open_shop()
    page = client.get("/settings").text

    assert "Valid" in page and "99.888.777/0001-00" in page and "in 364 days" in page


def test_a_certificate_that_cannot_be_read_is_told(app, client, db, admin, tmp_path, monkeypatch):
    broken = tmp_path / "broken.pfx"
    broken.write_bytes(b"not a certificate")
    monkeypatch.setitem(
        app.extensions, "settings", replace(app.extensions["settings"], nfe_certificate=broken)
    )

    page = client.get("/settings")
    assert page.status_code == 200 and "This is not a PFX file" in page.text


@pytest.mark.parametrize("role", ["clerk", "reviewer", "manager", "accountant"])
def test_only_an_administrator_sees_or_changes_them(client, db, role):
    sign_in(client, role)

    assert client.get("/settings").status_code == 403
    assert save(client).status_code == 403
    assert the_shop().cnpj == ""

"""The shop's tax book: made of what the accountant wrote, once for each change."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.factories import make_product, make_sale, open_shop, work_off
from tests.support.fiscal_notes import ISSUER, MUG, a_note
from webapp.fiscal.calendar import P_CBS, P_CBS_SIMPLES
from webapp.fiscal.tax_book import EXAMPLE_PROFILES
from webapp.platform.errors import Invalid, Refusal
from webapp.sales.models import Sale
from webapp.store.queries import the_shop
from webapp.taxation.book import the_tax_book
from webapp.taxation.forms import (
    CalendarValueIn,
    CategoryChoiceIn,
    StateRateIn,
    TaxProfileIn,
)
from webapp.taxation.models import TaxProfileVersion
from webapp.taxation.profile_edits import (
    choose_for_category,
    sign_off,
    withdraw,
    write_version,
)
from webapp.taxation.value_edits import set_value, write_rate

DAY, NEXT = dt.date(2026, 12, 1), dt.date(2026, 12, 2)
NORMAL = {
    "name": "Cosméticos",
    "icms": "60",
    "cest": "2001600",
    "pis_cofins": "04",
    "ibs_cbs": "000",
    "ibs_cbs_class": "000001",
}
SIMPLES = NORMAL | {"icms": "500", "pis_cofins": "49"}


def wanted(code="cosmetics", valid_from=DAY, **facts) -> TaxProfileIn:
    return TaxProfileIn(code=code, valid_from=valid_from, **SIMPLES | facts)


@pytest.fixture(autouse=True)
def simples(db):
    open_shop()
    the_shop().crt = "1"
    db.session.flush()


def test_a_new_shop_has_the_examples(app, db):
    book = the_tax_book()

    assert {replace(profile, version=1) for profile in book.profiles} == set(EXAMPLE_PROFILES)
    assert not any(profile.signed_off for profile in book.profiles)
    assert book.defaults == {kind: kind for kind in ("goods", "book", "gift", "export")}


def test_it_is_compiled_once_for_each_change(app, db):
    before = the_tax_book()
    assert the_tax_book() is before

    write_version(wanted(), None)

    assert the_tax_book() is not before
    assert the_tax_book() is the_tax_book()


def test_what_is_undone_is_never_asked_for_again(app, db):
    db.session.commit()
    write_version(wanted(), None)
    assert "cosmetics" in {profile.code for profile in the_tax_book().profiles}
    db.session.rollback()

    write_version(wanted(code="perfume"), None)

    codes = {profile.code for profile in the_tax_book().profiles}
    assert "perfume" in codes and "cosmetics" not in codes


def test_a_change_leaves_the_settings_form_fresh(app, db):
    version = the_shop().version
    write_version(wanted(), None)
    db.session.commit()

    assert the_shop().version == version


def test_a_note_takes_the_version_of_its_day(app, db):
    write_version(wanted(valid_from=DAY, name="Older"), None)
    write_version(wanted(valid_from=NEXT, name="Newer"), None)
    book = the_tax_book()
    note, item = taxed("cosmetics")

    assert book.profile_of(note, item, DAY - dt.timedelta(1)) is None
    assert book.profile_of(note, item, DAY).name == "Older"
    assert book.profile_of(note, item, NEXT).name == "Newer"


def test_a_category_takes_its_profile_until_it_is_taken_away(app, db):
    write_version(wanted(), None)
    note, item = taxed(category="Perfumaria")

    choose_for_category(CategoryChoiceIn(category="Perfumaria", profile="cosmetics"))
    assert the_tax_book().choice_of(note, item) == ("category", "cosmetics")
    choose_for_category(CategoryChoiceIn(category="Perfumaria"))
    assert the_tax_book().choice_of(note, item) == ("default", "goods")


def test_a_book_can_be_had_without_a_version(app, db):
    write_version(wanted(), None)
    version = write_version(wanted(name="Tried", valid_from=NEXT), None)
    book = the_tax_book()
    note, item = taxed("cosmetics")

    before = book.without("cosmetics", version.number)
    assert before.profile_of(note, item, NEXT).name == "Cosméticos"
    assert book.profile_of(note, item, NEXT).name == "Tried"


def test_two_versions_of_one_profile_and_day_are_refused(app, db):
    write_version(wanted(), None)

    with pytest.raises(Refusal) as refused:
        write_version(wanted(), None)
    assert refused.value.field == "valid_from"


def test_what_issued_notes_went_by_is_not_changed(app, db, monkeypatch):
    monkeypatch.setattr("webapp.taxation.profile_edits.issuer_today", lambda: NEXT)
    write_version(wanted(valid_from=dt.date(2026, 1, 1)), None)

    with pytest.raises(Invalid) as refused:
        write_version(wanted(valid_from=DAY), last_issued=NEXT)
    assert refused.value.errors[0].field == "valid_from"
    # Today's notes that are still on their way take it.
    write_version(wanted(valid_from=NEXT), last_issued=NEXT)
    # And a profile that nothing went by yet may begin whenever it likes.
    write_version(wanted(code="perfume", valid_from=DAY), last_issued=NEXT)


def test_a_version_that_notes_may_have_gone_by_is_not_taken_back(app, db):
    version = write_version(wanted(), None)

    with pytest.raises(Refusal):
        withdraw(version, last_issued=DAY)
    withdraw(version, last_issued=DAY - dt.timedelta(1))
    assert db.session.get(TaxProfileVersion, version.id) is None


def test_a_profile_says_something_for_the_shops_own_regime(app, db):
    with pytest.raises(Invalid) as refused:
        write_version(TaxProfileIn(code="cosmetics", valid_from=DAY, **NORMAL), None)
    assert refused.value.errors[0].field == "icms"

    # Once it does, the other regime may be written ahead.
    write_version(wanted(), None)
    version = write_version(TaxProfileIn(code="cosmetics", valid_from=DAY, **NORMAL), None)
    assert (version.number, version.regime) == (2, "normal")


def test_a_mei_has_four_csosn(app, db):
    the_shop().crt = "4"
    with pytest.raises(Invalid) as refused:
        write_version(wanted(), None)
    assert refused.value.errors[0].field == "icms"


def test_who_signed_off_first_stays(app, db):
    version = write_version(wanted(), None)
    assert version.state == "unsigned"

    sign_off(version)
    at = version.signed_off_at
    sign_off(version)

    assert (version.state, version.signed_off_at) == ("signed_off", at)
    assert next(p for p in the_tax_book().profiles if p.code == "cosmetics").signed_off


def test_after_a_signed_version_the_next_one_holds_once_it_is_signed(app, db, monkeypatch):
    monkeypatch.setattr("webapp.taxation.profile_edits.issuer_today", lambda: NEXT)
    write_version(wanted(valid_from=dt.date(2026, 1, 1)), None)
    first = write_version(wanted(name="Unsigned"), None)
    assert in_force().name == "Unsigned", "nobody answered for one before"
    sign_off(first)
    second = write_version(wanted(name="Waiting", valid_from=dt.date(2026, 12, 3)), None)
    second.valid_from = dt.date(2026, 11, 30)
    third = write_version(wanted(name="Dropped", valid_from=NEXT), None)

    assert (in_force().name, second.state, third.state) == ("Unsigned", "waiting", "waiting")
    with pytest.raises(Refusal):
        sign_off(second)
    withdraw(third, last_issued=NEXT)
    sign_off(second)
    assert (in_force().name, second.valid_from) == ("Waiting", NEXT), "its first day was over"


def test_a_states_rates_and_exceptions_lie_over_the_built_in_ones(app, db):
    write_rate(StateRateIn(state="AL", valid_from=DAY, icms=Decimal("20.50")), None)
    write_rate(
        StateRateIn(
            state="AL", valid_from=DAY, icms=Decimal("12.00"), fcp=Decimal("1.00"), ncm="3303"
        ),
        None,
    )
    book = the_tax_book()
    _note, item = taxed()

    assert book.rates_of("AL", DAY - dt.timedelta(1), item).icms == Decimal("19.00")
    assert book.rates_of("AL", DAY, item).icms == Decimal("20.50")
    perfume = replace(item, ncm="33030010")
    assert book.rates_of("AL", DAY, perfume).fcp == Decimal("1.00")


def test_a_value_that_was_missing_may_be_typed_in_late_but_not_changed(app, db, monkeypatch):
    today, first = dt.date(2027, 1, 5), dt.date(2027, 1, 1)
    monkeypatch.setattr("webapp.taxation.profile_edits.issuer_today", lambda: today)
    typed = value("8.8000", first)

    set_value(P_CBS, typed, last_issued=today)
    assert the_tax_book().calendar.value(P_CBS, first) == Decimal("8.8000")
    assert the_tax_book().calendar.value(P_CBS, dt.date(2026, 12, 31)) == Decimal("0.90")
    set_value(P_CBS, typed, last_issued=today)
    with pytest.raises(Invalid) as refused:
        set_value(P_CBS, value("8.9000", first), last_issued=today)
    assert refused.value.errors[0].field == "from"


def test_a_value_of_a_month_ends_with_it(app, db):
    set_value(P_CBS_SIMPLES, value("0.4500", dt.date(2027, 1, 1)), None)
    calendar = the_tax_book().calendar

    assert calendar.value(P_CBS_SIMPLES, dt.date(2027, 1, 31)) == Decimal("0.4500")
    assert calendar.value(P_CBS_SIMPLES, dt.date(2027, 2, 1)) is None
    with pytest.raises(Invalid):
        set_value(P_CBS_SIMPLES, value("0.4500", dt.date(2027, 2, 2)), None)


def test_a_sale_takes_its_products_profile(app, db):
    write_version(wanted(valid_from=dt.date(2026, 1, 1)), None)
    make_product(sku="MUG-1", tax_profile="cosmetics", ncm="33030010")
    sale = make_sale(lines=[{"sku": "MUG-1", "quantity": 1}])
    work_off()

    assert db.session.get(Sale, sale.id).lines[0].product["tax_profile"] == "cosmetics"


def value(text: str, first: dt.date) -> CalendarValueIn:
    return CalendarValueIn.model_validate(
        {"from": first, "value": Decimal(text), "source": "Resolução 1/2026"}
    )


def in_force():
    return the_tax_book().profile_of(*taxed("cosmetics"), NEXT)


def taxed(profile="", category=""):
    """A note of a shop in Simples, and its one item."""
    item = replace(MUG, tax_profile=profile, category=category)
    return a_note(items=(item,), issuer=replace(ISSUER, crt="1")), item

"""What changes on the shop's NF-e: past notes and the catalog built as of a day to come."""

import datetime as dt
import time
from decimal import Decimal

import pytest

from tests.factories import api, make_product, make_sale, make_token, open_shop, sign_in, work_off
from webapp.fiscal.calendar import P_CBS
from webapp.invoices.models import Invoice
from webapp.platform.database import db as database
from webapp.platform.errors import Invalid
from webapp.platform.sliced import SliceStatus
from webapp.processing import rehearsal_step
from webapp.processing.rehearsal_step import RehearsalStep
from webapp.rehearsals.asking import ask_rehearsal, rehearsal_by_id, try_version
from webapp.rehearsals.words import findings_of
from webapp.store.queries import the_shop
from webapp.taxation.forms import CalendarValueIn, TaxProfileIn
from webapp.taxation.profile_edits import sign_off, write_version
from webapp.taxation.queries import issuer_today, versions_of
from webapp.taxation.value_edits import set_value

NEW_YEAR = dt.date(2027, 1, 1)


@pytest.fixture
def normal(db):
    """A shop of the normal regime in São Paulo with one authorized NF-e of 100.00."""
    open_shop()
    shop = the_shop()
    shop.crt = "3"
    make_product(sku="MUG-1", name="Caneca", kind="physical", price="100.00", ncm="69120000")
    database.session.commit()
    make_sale(lines=[{"sku": "MUG-1", "quantity": 1}])
    database.session.commit()
    work_off()
    assert database.session.query(Invoice).one().issued_at


def finished(rehearsal):
    database.session.commit()
    time.sleep(0.002)  # what was just committed is due on the database's clock
    while RehearsalStep().run():
        time.sleep(0.002)
    database.session.rollback()
    done = rehearsal_by_id(rehearsal.id)
    assert done.status is SliceStatus.DONE
    return findings_of(done)


def rehearsed(day):
    return finished(ask_rehearsal(day, "ana@example.com"))


def type_in_cbs(value="8.80"):
    wanted = CalendarValueIn(**{"from": NEW_YEAR}, value=value, source="Resolução do Senado")
    set_value(P_CBS, wanted, None)


def test_a_rate_that_is_not_published_would_hold_every_note(app, normal):
    found = rehearsed(NEW_YEAR)

    assert (found.tally.notes, found.tally.refused) == (1, 1)
    [(_key, cause)] = found.refusals
    assert cause.field == "calendar.values"
    assert cause.notes == 1


def test_the_new_rates_are_told_with_their_products_and_sums(app, normal):
    type_in_cbs()

    found = rehearsed(NEW_YEAR)

    assert (found.tally.notes, found.tally.changed, found.tally.refused) == (1, 1, 0)
    told = {cause.code: cause for _key, cause in found.changes}
    city = told["IBSCBS.pIBSMun"]
    assert (city.params["was"], city.params["becomes"]) == ("0.0000", "0.0500")
    assert list(city.skus) == ["MUG-1"]
    cbs = next(each for each in found.sums if each.name == "CBS")
    assert cbs.before < cbs.after


def test_today_as_it_is_changes_nothing(app, normal):
    found = rehearsed(issuer_today())

    assert (found.tally.changed, found.tally.refused) == (0, 0)
    assert not found.tally.causes


def test_a_product_that_nobody_ordered_yet_is_tried_too(app, normal):
    type_in_cbs()
    make_product(sku="BAD-1", name="Sem NCM", kind="physical", price="10.00", ncm="")
    database.session.commit()

    found = rehearsed(NEW_YEAR)

    assert found.tally.products == 2
    assert [list(cause.skus) for _key, cause in found.refusals] == [["BAD-1"]]
    assert found.refusals[0][1].notes == 0


def test_slices_come_to_the_same_as_one_go(app, normal, monkeypatch):
    type_in_cbs()
    whole = rehearsed(NEW_YEAR).tally
    monkeypatch.setattr(rehearsal_step, "CHUNK", 1)
    monkeypatch.setattr(rehearsal_step, "SLICE_SECONDS", 0)

    assert rehearsed(NEW_YEAR).tally == whole


def test_a_version_is_tried_before_its_first_day(app, normal):
    """Even one that waits to be signed off, which is in no book yet."""
    sign_off(versions_of("goods")[0])
    first_day = issuer_today() + dt.timedelta(days=3)
    version = write_version(
        TaxProfileIn(
            code="goods",
            name="Mercadoria",
            valid_from=first_day,
            icms="20",
            reduction="50.00",
            pis_cofins="01",
            ibs_cbs="000",
            ibs_cbs_class="000001",
        ),
        None,
    )
    database.session.flush()
    assert version.waits

    found = finished(try_version(version, "ana@example.com"))

    told = {cause.code: cause.params for _key, cause in found.changes}
    assert told["ICMS.CST"]["was"] == "00"
    assert told["ICMS.CST"]["becomes"] == "20"
    icms = next(each for each in found.sums if each.name == "ICMS")
    assert (icms.before, icms.after) == (Decimal("18.00"), Decimal("9.00"))


def test_the_same_day_asked_twice_is_rehearsed_once(app, normal):
    first = ask_rehearsal(NEW_YEAR, "ana@example.com")

    assert ask_rehearsal(NEW_YEAR, "rui@example.com").id == first.id


@pytest.mark.parametrize("day", [dt.date(2020, 1, 1), dt.date(2090, 1, 1)])
def test_a_day_that_is_over_or_too_far_is_refused(app, normal, day):
    with pytest.raises(Invalid):
        ask_rehearsal(day, "ana@example.com")


def test_the_products_of_a_cause_are_mended_together(app, client, normal):
    type_in_cbs()
    for n in (1, 2):
        make_product(sku=f"BAD-{n}", name=f"Sem NCM {n}", kind="physical", price="10.00", ncm="")
    rehearsal = ask_rehearsal(NEW_YEAR, "ana@example.com")
    [(key, _cause)] = finished(rehearsal).refusals
    sign_in(client, "accountant")
    url = f"/fiscal-rehearsals/{rehearsal.id}"

    empty = client.post(f"{url}/mending", data={"cause": key, "ncm": "69"})
    assert empty.status_code == 422
    assert (
        client.post(f"{url}/mending", data={"cause": key, "ncm": "6912.00.00"}).status_code == 303
    )

    assert not rehearsed(NEW_YEAR).refusals


def test_the_pages_tell_it(app, client, normal):
    sign_in(client, "accountant")
    assert "2027" in client.get("/fiscal-rehearsals").get_data(as_text=True)

    answer = client.post("/fiscal-rehearsals", data={"day": str(NEW_YEAR)})
    assert answer.status_code == 303
    while RehearsalStep().run():
        pass
    page = client.get(answer.location).get_data(as_text=True)
    assert "Would be held or refused" in page
    assert "/fiscal-calendar?code=pCBS" in page

    type_in_cbs()
    database.session.commit()
    again = client.post("/fiscal-rehearsals", data={"day": str(NEW_YEAR)})
    while RehearsalStep().run():
        pass
    page = client.get(again.location).get_data(as_text=True)
    assert "IBS/CBS: IBS of the city: 0.00 % becomes 0.05 %" in page
    assert client.post("/fiscal-rehearsals", data={"day": "2020-01-01"}).status_code == 422


def test_a_program_asks_for_it_and_for_one_order(app, client, normal):
    calls = api(client, make_token("accountant"))
    begun = calls.post("/fiscal-rehearsals", {"day": "2027-01-01"})
    assert begun.status_code == 202
    sale_id = database.session.query(Invoice.sale_id).scalar()
    note = f"/sales/{sale_id}/note?day=2027-01-01T00:00:00-03:00"

    held = calls.get(note)
    assert held.status_code == 409
    assert [each["field"] for each in held.json["errors"]] == ["calendar.values"]

    type_in_cbs()
    database.session.commit()
    assert b"<pIBSMun>0.0500</pIBSMun>" in calls.get(note).data
    told = calls.get(f"/fiscal-rehearsals/{begun.json['id']}")
    assert told.json["status"] in ("running", "done")

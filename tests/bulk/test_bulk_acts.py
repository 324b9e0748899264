"""One act over many orders: chosen once, done as a job, each refusal told of its order alone."""

import io
import re
import zipfile

import pytest

from tests.factories import make_product, make_sale, open_shop, sign_in, work_off
from tests.support.processed_sales import counted
from webapp.audit.models import AuditEntry
from webapp.bulk import asking
from webapp.bulk.models import BulkAct, BulkOutcome, BulkRow
from webapp.catalog.models import Product
from webapp.platform.sliced import SliceStatus
from webapp.processing import bulk_step
from webapp.sales.models import Sale, Shipping, Status


@pytest.fixture
def clerk(client, db):
    open_shop()
    sign_in(client)
    make_product(sku="P", stock=1000)
    return client


def order(reference: str, **changes) -> int:
    return make_sale(reference=reference, lines=[{"sku": "P", "quantity": 1}], **changes).id


def ask(client, **form) -> BulkAct:
    answer = client.post("/bulk", data=form)
    assert answer.status_code == 303, re.findall(r'class="field-error[^>]*>[^<]*', answer.text)
    return int(answer.location.rsplit("/", 1)[1])


def done(db, act_id: int) -> BulkAct:
    work_off()
    db.session.expire_all()
    return db.session.get_one(BulkAct, act_id)


def outcomes(db, act_id: int) -> dict[str, tuple[str, str]]:
    query = db.select(Sale.reference, BulkRow.outcome, BulkRow.words).join_from(BulkRow, Sale)
    rows = db.session.execute(query.where(BulkRow.act_id == act_id).order_by(BulkRow.place))
    return {reference: (str(outcome), words) for reference, outcome, words in rows}


def test_marked_orders_are_paid_and_each_refusal_is_told_of_its_order_alone(clerk, db):
    ids = [order(f"B-{n}", paid=False) for n in range(3)]
    paid = order("B-9")
    clerk.post(f"/sales/{ids[1]}/cancel")
    chosen = clerk.post("/bulk/choice?act=pay", data={"ids": [*map(str, ids), str(paid)]})
    assert chosen.status_code == 303 and "act=pay" in chosen.location
    assert "4 orders" in clerk.get(chosen.location).text
    act_id = ask(clerk, act="pay", ids=",".join(map(str, [*ids, paid])))
    assert "0 of 4 orders" in clerk.get(f"/bulk/{act_id}").text
    act = done(db, act_id)
    assert act.status is SliceStatus.DONE and act.result == {"done": 2, "same": 1, "refused": 1}
    told = outcomes(db, act_id)
    assert told["B-0"] == told["B-2"] == ("done", "") and told["B-9"] == ("same", "")
    assert told["B-1"] == ("refused", "This order was cancelled; it cannot be paid any more.")
    assert db.session.get_one(Sale, ids[0]).paid_at
    page = clerk.get(f"/bulk/{act_id}?rows=refused").text
    assert "B-1" in page and "cannot be paid any more" in page and ">B-0<" not in page
    by = db.select(AuditEntry.actor).where(
        AuditEntry.subject == "sales", AuditEntry.subject_id == str(ids[0])
    )
    assert "clerk" in db.session.scalars(by.order_by(AuditEntry.id)).all()[1]


@pytest.mark.both_databases
def test_the_whole_filter_goes_along_as_it_was_when_it_was_asked_for(clerk, db, monkeypatch):
    monkeypatch.setattr(bulk_step, "CHUNK", 2)
    for n in range(5):
        order(f"F-{n}", paid=False, channel="phone")
    order("X-1", paid=False, channel="site")
    act_id = ask(clerk, act="tag", filter="channel=phone&sort=order", tag="Natal")
    order("F-9", paid=False, channel="phone")
    act = done(db, act_id)
    assert list(outcomes(db, act_id)) == ["F-0", "F-1", "F-2", "F-3", "F-4"]
    assert act.result == {"done": 5} and act.sales == act.total == 5
    page = clerk.get("/sales?tag=Natal").text
    assert all(f">F-{n}<" in page for n in range(5)) and ">F-9<" not in page
    again = done(db, ask(clerk, act="tag", filter="channel=phone", tag="natal"))
    assert again.result == {"done": 1, "same": 5}
    off = done(db, ask(clerk, act="untag", filter="tag=Natal", tag="Natal"))
    assert off.result == {"done": 6} and "F-1" not in clerk.get("/sales?tag=Natal").text


def test_orders_that_wait_are_processed_again_and_others_say_why_not(clerk, db):
    product_id = make_product(sku="N", ncm="", stock=9).id
    waiting = make_sale(reference="W-1", lines=[{"sku": "N", "quantity": 1}]).id
    fine = order("W-2")
    work_off()
    assert db.session.get_one(Sale, waiting).status is Status.ATTENTION
    db.session.get_one(Product, product_id).ncm = "49019900"
    db.session.commit()
    act_id = ask(clerk, act="resume", ids=f"{waiting},{fine}")
    act = done(db, act_id)
    assert act.result == {"done": 1, "refused": 1}
    assert outcomes(db, act_id)["W-2"][1] == "This order does not wait for anything to be fixed."
    assert db.session.get_one(Sale, waiting).status is Status.INVOICED


def test_pasted_codes_ship_all_of_them_or_none(clerk, db):
    one, two = order("T-1"), order("T-2")
    work_off()
    open_one = order("T-3", paid=False)
    form = {"act": "ship", "ids": f"{one},{two},{open_one}", "carrier": "Correios"}
    refused = clerk.post("/bulk", data=form | {"codes": "T-1 AA1\nT-3 AA3"})
    assert refused.status_code == 422
    assert "Order T-3: " in refused.text and "T-1 AA1\nT-3 AA3</textarea>" in refused.text
    refused = clerk.post("/bulk", data=form | {"codes": "AA1\n\nAA3"})
    assert refused.status_code == 422 and "Line 2 is blank: order T-2 has no code." in refused.text
    assert clerk.post("/bulk", data=form | {"carrier": "", "codes": "AA1"}).status_code == 422
    assert not db.session.scalars(db.select(BulkAct)).all()
    act = done(db, ask(clerk, **form, codes="t-2;AA2\nT-1\tAA1"))
    assert act.result == {"done": 2}
    shipped = db.session.get_one(Sale, one)
    assert (shipped.tracking_code, shipped.shipping) == ("AA1", Shipping.SHIPPED)
    again = done(db, ask(clerk, **form, codes="T-1 AA1"))
    assert again.result == {"same": 1}


def test_files_come_in_the_order_of_the_list(clerk, db):
    ids = [order(f"P-{n}") for n in range(3)]
    work_off()
    unpaid = order("P-9", paid=False)
    chosen = ",".join(map(str, [ids[2], unpaid, ids[0]]))
    act_id = ask(clerk, act="xml", ids=chosen)
    act = done(db, act_id)
    assert act.result == {"done": 2, "refused": 1}
    assert outcomes(db, act_id)["P-9"][1] == "This order has no NF-e."
    page = clerk.get(f"/bulk/{act_id}").text
    assert f"/bulk/{act_id}/files/1" in page and f"/bulk/{act_id}/files/2" not in page
    answer = clerk.get(f"/bulk/{act_id}/files/1")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as files:
        xmls = [files.read(name).decode() for name in files.namelist()]
    assert [re.search(r"<nNF>(\d+)<", xml)[1] for xml in xmls] == ["3", "1"]
    assert clerk.get(f"/bulk/{act_id}/files/2").status_code == 404
    slips = done(db, ask(clerk, act="slips", ids=chosen))
    printed = clerk.get(f"/bulk/{slips.id}/files/1").text
    assert printed.index("P-2") < printed.index("P-0") and "P-9" not in printed


def test_bad_input_is_named_and_begins_nothing(clerk, client, db):
    sale = order("N-1", paid=False)
    for form, words in (
        ({"act": "burn", "ids": str(sale)}, "Choose what is to be done."),
        ({"act": "tag", "ids": str(sale), "tag": " "}, "Name the tag."),
        ({"act": "pay", "filter": "channel=nowhere"}, "No order fits; there is nothing to do."),
        ({"act": "pay", "ids": "77"}, "No order fits; there is nothing to do."),
    ):
        answer = clerk.post("/bulk", data=form)
        assert answer.status_code == 422 and words in answer.text, form
    assert clerk.post("/bulk", data={"act": "pay", "filter": "status=never"}).status_code == 422
    assert clerk.post("/bulk/choice").location.endswith("/sales")
    assert clerk.get("/bulk/77").status_code == 404
    assert not db.session.scalars(db.select(BulkAct)).all()


def test_a_list_that_is_too_long_is_refused(clerk, db, monkeypatch):
    monkeypatch.setattr(asking, "MOST_ORDERS", 2)
    for n in range(3):
        order(f"L-{n}", paid=False)
    answer = clerk.post("/bulk", data={"act": "pay"})
    assert answer.status_code == 422
    assert "At most 2 orders at once; narrow the list." in answer.text
    assert not db.session.scalars(db.select(BulkRow)).all()


def test_it_is_stopped_and_what_was_done_stays(clerk, db):
    act_id = ask(clerk, act="pay", ids=str(order("S-1", paid=False)))
    assert clerk.post(f"/bulk/{act_id}/stop").status_code == 303
    act = done(db, act_id)
    assert act.status is SliceStatus.STOPPED and act.result == {}
    assert outcomes(db, act_id) == {"S-1": (str(BulkOutcome.WAITING), "")}
    assert "It was stopped" in clerk.get(f"/bulk/{act_id}").text


def test_its_page_costs_the_same_however_many_orders(clerk, db):
    few = done(db, ask(clerk, act="pay", ids=str(order("C-1", paid=False))))
    for n in range(30):
        order(f"D-{n}", paid=False, channel="phone")
    many = done(db, ask(clerk, act="pay", filter="channel=phone"))
    assert many.result == {"done": 30}

    def asked(act: BulkAct) -> int:
        address = f"/bulk/{act.id}"
        clerk.get(address)
        with counted() as said:
            clerk.get(address)
        return len(said)

    assert asked(few) == asked(many)

"""The audit page: what was changed, told in words and found by who, what, how and since when."""

import datetime as dt
import html
import re
from decimal import Decimal

import pytest
from sqlalchemy import update

from tests.factories import make_product, make_sale, open_shop, sign_in, work_off
from tests.support.invoices import in_review
from tests.support.rule_drafts import drafted, paying, somebody
from webapp.audit import words
from webapp.audit.models import AuditEntry
from webapp.audit.tracking import acting_as, because, record
from webapp.features import VALUE_WORDS
from webapp.http.formatting import access_key_text
from webapp.invoices.models import Invoice
from webapp.platform.clock import utc_now
from webapp.platform.columns import EnumText
from webapp.platform.database import Model


@pytest.fixture
def admin(client, db):
    return sign_in(client, "admin")


def rows(page: str) -> int:
    return page.count('id="audit-')


def write(db, count=1, actor="job rules", **facts):
    with acting_as(actor):
        for _ in range(count):
            record(
                db.session,
                facts.get("action", "retried"),
                facts.get("subject", "jobs"),
                facts.get("subject_id", "j1"),
            )
    db.session.commit()


def test_a_change_is_told_with_before_after_and_why(client, db, admin):
    with acting_as("ana@example.com"), because("supplier's new list"):
        product = make_product(sku="SKI-1", price="100.00")
        product.price = product.price + 10
        product.archive()
        db.session.commit()

    page = client.get(
        "/audit?q=ana@example.com&subject=products&action=changed", follow_redirects=True
    ).text
    assert rows(page) == 1
    assert "SKI-1" in page and "<del>R$100.00</del> <ins>R$110.00</ins>" in page
    assert "Why: supplier&#39;s new list" in page and "Archived" in page


def test_each_filter_leaves_out_what_does_not_fit(client, db, admin):
    db.session.execute(update(AuditEntry).values(subject="shop"))
    write(db)
    write(db, actor="token checkout", action="created", subject="sales", subject_id="7")

    assert rows(client.get("/audit?subject=jobs").text) == 1
    assert rows(client.get("/audit?q=token+checkout").text) == 1
    assert rows(client.get("/audit?q=token+checkout&subject=jobs").text) == 0
    assert rows(client.get("/audit?action=created&subject=sales").text) == 1
    assert rows(client.get("/audit?subject=sales&subject_id=7").text) == 1
    assert rows(client.get("/audit?subject=sales&subject_id=8").text) == 0


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("name", "value"),
    [("q", "jobs"), ("subject", "jobs"), ("subject_id", "jobs"), ("action", "changed")],
)
def test_a_question_with_a_nul_finds_nothing_instead_of_failing(client, db, admin, name, value):
    assert client.get("/audit", query_string={name: value + "\0"}).status_code == 200


def test_since_begins_at_midnight_in_the_shop_s_zone(client, db, admin):
    write(db)
    # 02:59 UTC is still the day before in São Paulo, one minute later it is not.
    for moment, found in (("2026-03-02T02:59", 0), ("2026-03-02T03:00", 1)):
        at = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
        db.session.execute(update(AuditEntry).values(at=at))
        db.session.commit()
        assert bool(rows(client.get("/audit?subject=jobs&since=2026-03-02").text)) == bool(found)


def test_nothing_since_tomorrow(client, db, admin):
    tomorrow = (utc_now() + dt.timedelta(days=2)).date()
    page = client.get(f"/audit?since={tomorrow}").text
    assert rows(page) == 0 and "No results" in page


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "0001-01-01", "20-11-2026"])
def test_a_day_that_is_none_is_refused_in_words(client, admin, since):
    assert client.get("/audit", query_string={"since": since}).status_code in (200, 422)
    assert client.get("/audit", query_string={"since": "yesterday"}).status_code == 422


def test_pages_follow_one_another_without_gap_or_repeat(client, db, admin):
    write(db, count=120)
    seen, address = [], "/audit?subject=jobs"
    while address:
        page = " ".join(client.get(address).text.split())
        seen += [part.split('"')[0] for part in page.split('id="audit-')[1:]]
        link = page.split('rel="next" href="')[1:]
        address = link[0].split('"')[0].replace("&amp;", "&") if link else None

    assert len(seen) == 120 and seen == sorted(set(seen), key=int, reverse=True)


def test_script_in_a_name_is_shown_as_text(client, db, admin):
    make_product(name="<script>alert(1)</script>")

    page = client.get("/audit?subject=products").text
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


def test_who_is_found_by_the_name_that_the_page_shows(client, db, admin):
    write(db)
    write(db, actor="token checkout ux")
    write(db, actor="command line")

    page = client.get("/audit?subject=jobs").text
    assert "Token “checkout ux”" in page and "Command line" in page and "job rules" not in page
    for name in ("Token “checkout ux”", "checkout ux", "Command line", "Rules"):
        page = client.get("/audit", query_string={"subject": "jobs", "q": name}).text
        assert rows(page) == 1, name
    assert rows(client.get("/audit?subject=jobs&q=Balcão").text) == 1


def test_values_are_told_in_the_reader_s_words_and_formats(client, db):
    """What the audit keeps is plain data: an amount, a day, a document, a code, a rule's parts."""
    sign_in(client, "admin", locale="pt_BR")
    product = make_product(sku="SKI-1", price="89.90", kind="book", royalty_percent="7.50")
    open_shop()
    sale = make_sale(sku=product.sku, channel="store")
    work_off()
    key = db.session.scalars(db.select(Invoice.access_key)).one()
    drafted(somebody("Rosa"), paying("fee", name="Taxa"))
    record(db.session, "approved", "sales", sale.id, below_catalog=Decimal("33.33"))
    db.session.commit()

    # A moment's fraction of a second may look like an amount.
    page = re.sub(' datetime="[^"]*"', "", html.unescape(client.get("/audit").text))
    for told in (
        "R$\xa089,90",
        "7,50 %",
        "33,33 %",
        access_key_text(key),
        "Balcão da loja",
        "05010-000",
        "111.444.777-35",
        "comissão",
    ):
        assert told in page, told
    for raw in (
        "89.90",
        "7.50",
        "33.33",
        key,
        "05010000",
        "11144477735",
        "item_physical",
        '{"',
        "pt_BR",
        "-03:00",
    ):
        assert raw not in page.split("<tbody")[1], raw


def test_every_field_and_subject_that_is_kept_has_words(app):
    kept = [mapper.class_ for mapper in Model.registry.mappers if hasattr(mapper.class_, "audited")]
    assert [kind.__tablename__ for kind in kept if kind.__tablename__ not in words.SUBJECTS] == []
    named = {*words.FIELDS, *words.UNTOLD}
    lacking = {(kind.__tablename__, name) for kind in kept for name in kind.audited} - {
        (kind.__tablename__, name) for kind in kept for name in named
    }
    assert lacking == set()


def test_every_state_that_is_kept_has_words(app):
    kept = [mapper.class_ for mapper in Model.registry.mappers if hasattr(mapper.class_, "audited")]
    columns = [kind.__table__.c.get(name) for kind in kept for name in kind.audited]
    states = [column for column in columns if column is not None and of_states(column)]
    bare = [
        str(column)
        for column in states
        if (column.table.name, column.name) not in VALUE_WORDS
        and not all(hasattr(state, "label") for state in column.type.members)
    ]
    assert states and not bare


def of_states(column):
    return isinstance(column.type, EnumText)


def test_who_returned_an_nfe_and_why_is_told_in_words(client, db):
    invoice = in_review()
    typed = {"version": invoice.version, "code": "address", "comment": "no such street"}
    sign_in(client, "reviewer")
    client.post(f"/invoices/{invoice.id}/rejection", data=typed)
    sign_in(client, "admin")
    page = client.get("/audit?subject=invoices").text
    assert "<ins>A reviewer</ins>" in page and "<ins>Address</ins>" in page

"""The audit page: what was changed, told in words and found by who, what, how and since when."""

import datetime as dt

import pytest
from sqlalchemy import update

from tests.factories import make_product, sign_in
from webapp.audit.models import AuditEntry
from webapp.audit.tracking import acting_as, because, record
from webapp.platform.clock import utc_now


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

    page = client.get("/audit?q=ana@example.com&subject=products&action=changed").text
    assert rows(page) == 1
    assert "SKI-1" in page and "<del>100.00</del> <ins>110.00</ins>" in page
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
@pytest.mark.parametrize("name", ["q", "subject", "subject_id", "action"])
def test_a_question_with_a_nul_finds_nothing_instead_of_failing(client, db, admin, name):
    assert client.get("/audit", query_string={name: "jobs\0"}).status_code == 200


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

"""The outbox: every e-mail with its state and its exact text, shown without danger."""

import pytest

from tests.factories import api, make_product, make_token, open_shop, sign_in, work_off
from tests.support.processed_sales import publish, shop_that_holds, sold
from tests.support.rule_facts import rule
from webapp.messages.models import Message, MessageStatus
from webapp.platform.errors import Refusal
from webapp.processing.review import release
from webapp.sales.models import Sale, Status


def message_of(db, sale) -> Message:
    return db.session.scalars(db.select(Message).where(Message.sale_id == sale.id)).one()


@pytest.fixture
def kept(db):
    open_shop()
    sale = sold(
        make_product(
            kind="streaming", name="<b>Neve</b>", video_url="https://videos.example/1"
        ).sku,
        reference="WEB-5",
    )
    return message_of(db, sale)


def text_of(answer) -> str:
    """The page, however its lines are broken."""
    return " ".join(answer.text.split())


def test_without_a_mail_server_messages_are_kept_to_be_read(kept, client):
    sign_in(client)
    page = text_of(client.get("/messages"))
    assert f'id="message-{kept.id}" data-status="kept"' in page
    assert "Links to the videos" in page and "jose@example.com" in page and "set SMTP_URL" in page


def test_the_preview_shows_subject_text_and_a_frame(kept, client):
    kept.locale = "en"
    sign_in(client)
    answer = client.get(f"/messages/{kept.id}")
    page = text_of(answer)
    assert "https://videos.example/1" in page
    assert f'src="/messages/{kept.id}/html" sandbox' in page
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy and "script-src 'self'" in policy and "unsafe" not in policy


def test_the_frame_runs_and_loads_nothing(kept, client):
    sign_in(client)
    answer = client.get(f"/messages/{kept.id}/html")
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert (
        "sandbox" in policy
        and "default-src 'none'" in policy
        and "frame-ancestors 'self'" in policy
    )
    assert not any(part.startswith(("script-src", "img-src", "connect-src")) for part in policy)
    assert "&lt;b&gt;Neve&lt;/b&gt;" in answer.text


def test_a_held_order_writes_to_nobody_until_it_is_released(db, client):
    shop_that_holds()
    sale = sold(make_product(kind="streaming", video_url="https://videos.example/1").sku)
    sale_id = sale.id
    assert (sale.status, message_of(db, sale).status) == (Status.REVIEW, MessageStatus.HELD)
    release(sale)
    db.session.commit()
    work_off()
    assert message_of(db, db.session.get_one(Sale, sale_id)).status is MessageStatus.KEPT


def test_tabs_and_words_filter_the_list(kept, client, db):
    other = message_of(db, sold(make_product(kind="membership").sku, reference="WEB-6"))
    other.status, other.error = MessageStatus.FAILED, "recipient: SMTPRecipientsRefused"
    ids = kept.id, other.id
    db.session.commit()
    sign_in(client)

    def shown(query):
        page = client.get(f"/messages?{query}").text
        return [id for id in ids if f'id="message-{id}"' in page]

    assert shown("") == list(ids)
    assert shown("status=kept") == [ids[0]] and shown("status=failed") == [ids[1]]
    assert shown("q=web-6") == [ids[1]]
    assert (
        "The mail server does not take this address." in client.get("/messages?status=failed").text
    )


def test_a_row_can_be_fetched_alone(kept, client):
    sign_in(client)
    assert f'<tr id="message-{kept.id}"' in client.get(f"/messages/rows?ids={kept.id}").text


def test_sending_again_needs_a_mail_server(kept, client, db):
    sign_in(client)
    assert "Send again" not in client.get(f"/messages/{kept.id}").text
    assert client.post(f"/messages/{kept.id}/sending").status_code == 409
    assert message_of(db, kept.sale).status is MessageStatus.KEPT


def test_what_was_sent_is_not_sent_again(kept):
    kept.status = MessageStatus.SENT
    with pytest.raises(Refusal):
        kept.send_again(kept.created_at)


def test_programs_read_the_outbox(kept, client):
    [item] = api(client, make_token()).get("/messages?status=kept").json["items"]
    assert (item["id"], item["template"], item["status"]) == (kept.id, "streaming_links", "kept")
    assert item["recipient"] == "jose@example.com" and item["reason"] == ""


def test_an_unknown_status_is_refused(db, client):
    answer = api(client, make_token()).get("/messages?status=lost")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "status")


@pytest.mark.parametrize(
    "path", ["/messages/1", "/messages/1/html", "/messages/99999999999999999999"]
)
def test_a_message_that_is_not_there_is_not_found(db, client, path):
    sign_in(client)
    assert client.get(path).status_code == 404


def test_an_empty_outbox_teaches_what_fills_it(db, client):
    sign_in(client)
    assert "No e-mails yet" in client.get("/messages").text


def test_a_rule_about_the_whole_order_writes_of_all_its_items(db):
    open_shop()
    publish(
        [
            rule(
                "tell",
                {"field": "sale_total", "op": "gte", "value": "0.00"},
                [{"do": "email", "template": "streaming_links"}],
                scope="sale",
            )
        ]
    )
    sale = sold(
        make_product(kind="streaming", name="Neve", video_url="https://videos.example/1").sku,
        make_product(kind="streaming", name="Trilha", video_url="https://videos.example/2").sku,
    )
    assert [item["name"] for item in message_of(db, sale).params["items"]] == ["Neve", "Trilha"]


def test_a_message_of_a_cancelled_order_has_a_tab_and_is_not_sent(kept, client, db):
    kept.status = MessageStatus.CANCELLED
    db.session.commit()
    sign_in(client)
    page = text_of(client.get("/messages?status=cancelled"))
    assert (
        f'id="message-{kept.id}" data-status="cancelled"' in page and "Not sent (cancelled)" in page
    )
    assert not kept.can_be_sent_again

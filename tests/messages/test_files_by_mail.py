"""The buyer of an authorized NF-e gets its files: with the e-mail, and by a link that ends."""

import datetime as dt
import re

import pytest

from tests.factories import sign_in, work_off
from tests.support.invoices import authorized, in_review, worked_off
from tests.support.paper import OFFICE, codes
from webapp.http import signed_links
from webapp.http.signed_links import seal_link
from webapp.messages import composition
from webapp.messages.composition import FILES
from webapp.messages.models import MessageStatus
from webapp.messages.queries import message_of_sale
from webapp.messages.words import AUTHORIZED
from webapp.platform.clock import utc_now
from webapp.processing import note_mail


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture(autouse=True)
def paper(request, monkeypatch):
    """Printing takes a process of a second: one test looks at what is printed, the others go
    without."""
    if request.function is not test_xml_and_danfe_go_along:
        monkeypatch.setattr(note_mail, "one_by_one", lambda notes: [b"%PDF-" for _note in notes])


@pytest.fixture
def invoice(db):
    return authorized()


def files(letter) -> dict[str, bytes]:
    return {each.get_filename(): each.get_content() for each in letter.iter_attachments()}


def message_about(db, invoice):
    db.session.rollback()
    return message_of_sale(invoice.sale_id, AUTHORIZED)


def test_xml_and_danfe_go_along(inbox, invoice):
    (letter,) = inbox.letters
    sent = files(letter)
    assert sent.keys() == {f"{invoice.access_key}.xml", f"{invoice.access_key}.pdf"}
    assert sent[f"{invoice.access_key}.xml"] == invoice.proc_xml
    assert codes(sent[f"{invoice.access_key}.pdf"], OFFICE) == [[invoice.access_key]]
    text = letter.get_body(("plain",)).get_content()
    assert "o XML, que você guarda" in text and "/nfe/" not in text, "127.0.0.1 is nobody else's"


def test_what_is_too_large_is_linked_to(db, inbox, client, monkeypatch):
    monkeypatch.setattr(composition, "MOST_ATTACHED_BYTES", 5_000)
    invoice = authorized()
    (letter,) = inbox.letters
    assert files(letter) == {}
    link = re.search(r"/nfe/\S+", letter.get_body(("plain",)).get_content())[0]
    assert "jose" not in link.lower()
    page = client.get(link)
    assert page.status_code == 200 and page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "José" not in page.text and "11144477735" not in page.text
    assert client.get(f"{link}/xml").data == invoice.proc_xml
    assert client.get(f"{link}/danfe.pdf").data[:5] == b"%PDF-"


def test_a_danfe_that_cannot_be_printed_holds_up_no_xml(db, inbox, monkeypatch):
    monkeypatch.setattr(note_mail, "one_by_one", lambda notes: [b""] * len(notes))
    invoice = authorized()
    assert files(inbox.letters[0]) == {f"{invoice.access_key}.xml": invoice.proc_xml}


def test_the_e_mail_of_a_note_is_linked_for_those_who_may_open_it(invoice, client):
    for role, linked in (("clerk", True), ("accountant", False)):
        sign_in(client, role)
        page = client.get(f"/invoices/{invoice.id}").text
        assert "jose@example.com" in page and ('href="/messages/' in page) is linked


class TestLinks:
    def test_is_good_until_the_thirtieth_day_ends_in_the_shop(self, invoice, client, monkeypatch):
        link = f"/nfe/{seal_link(FILES, invoice.id, dt.datetime(2026, 11, 1, 15, tzinfo=dt.UTC))}"
        ends = dt.datetime(2026, 12, 2, 3, tzinfo=dt.UTC)
        now = ends - dt.timedelta(seconds=1)
        monkeypatch.setattr(signed_links, "utc_now", lambda: now)
        assert "vale até 01/12/2026" in client.get(link).text
        now = ends
        ended = client.get(f"{link}/xml")
        assert (ended.status_code, "<NFe" in ended.text) == (410, False)

    def test_opens_one_note_and_nothing_else(self, db, invoice, client):
        other = worked_off()
        mine = seal_link(FILES, invoice.id, utc_now())
        assert client.get(f"/nfe/{mine}/xml").data == invoice.proc_xml != other.proc_xml
        foreign = seal_link("closing", invoice.id, utc_now())
        for wrong in (foreign, mine[:-1], mine[1:], f"[{other.id},{10**6}].x", "é", "1"):
            assert client.get(f"/nfe/{wrong}").status_code == 410

    def test_is_asked_for_so_often_in_a_minute(self, invoice, client, monkeypatch):
        monkeypatch.setattr("webapp.invoice_pages.mail_pages.MOST_A_MINUTE", 2)
        link = f"/nfe/{seal_link(FILES, invoice.id, utc_now())}"
        assert [client.get(link).status_code for _time in range(3)] == [200, 200, 429]
        assert signed_links.DAYS == 30


class TestSentOnceMore:
    def test_by_a_person_once_however_often_they_press(self, db, inbox, invoice, client):
        sign_in(client)
        for _press in range(2):
            answer = client.post(f"/invoices/{invoice.id}/message", data={"resent": "0"})
            assert answer.status_code == 303
            work_off()
        assert len(inbox.letters) == 2
        assert inbox.letters[0]["Message-ID"] != inbox.letters[1]["Message-ID"]
        assert files(inbox.letters[0]) == files(inbox.letters[1])

    def test_a_refused_address_is_told_and_mended(self, db, inbox, client):
        inbox.refuse["jose"] = "550 no such mailbox"
        invoice = authorized()
        message = message_about(db, invoice)
        message.fail("recipient: SMTPRecipientsRefused 550")
        db.session.commit()
        sign_in(client)
        page = client.get(f"/invoices/{invoice.id}").text
        assert "does not take this address" in page and "Send it to another address" in page

        url = f"/messages/{message.id}/recipient"
        again = client.post(url, data={"recipient": "jose@"})
        assert again.status_code == 422 and "not an e-mail address" in again.text
        client.post(url, data={"recipient": "conceicao@example.com"})
        work_off()
        assert inbox.letters[-1].envelope[1] == ("conceicao@example.com",)
        assert message_about(db, invoice).status is MessageStatus.SENT

    def test_a_draft_has_no_files_to_send(self, db, client):
        invoice = in_review()
        sign_in(client)
        assert client.post(f"/invoices/{invoice.id}/message").status_code == 303
        assert message_about(db, invoice) is None

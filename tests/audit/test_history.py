"""What happened is told once: the same words and the same actor on every page."""

import pytest
from lxml import html
from sqlalchemy import event

from tests.factories import api, make_token, make_user, sign_in, work_off
from tests.support.invoices import decide, in_review, invoice_of_sale
from webapp.audit import history, words
from webapp.features import VOCABULARIES
from webapp.fulfilment.memberships.models import MembershipEventKind
from webapp.invoices.models import InvoiceStatus, RejectedBy
from webapp.sales.models import Shipping, Status

# What another entry of the same moment says: see the vocabularies.
SILENT = {
    "sales": {Status.OPEN, Status.INVOICED},
    "invoices": set(),
}


def events_on(page: str) -> list[tuple[str, str]]:
    """(sentence, actor) of each event of a page's timeline."""
    return [
        (_words(item.xpath("string(div/text()[normalize-space()][1])")), _words(who.text))
        for item in html.fromstring(page).xpath('//li[contains(@class, "timeline-item")]')
        for who in item.xpath('.//span[@class="timeline-who"]')
    ]


def events_in_audit(page: str) -> list[tuple[str, str]]:
    return [
        (
            _words(row.xpath('string(td[@data-label="What"]/span/text()[normalize-space()][1])')),
            _words(row.xpath('string(td[@data-label="Who"]//a)')),
        )
        for row in html.fromstring(page).xpath('//tr[starts-with(@id, "audit-")]')
    ]


def _words(text: str) -> str:
    return " ".join(text.split())


def test_an_order_is_told_alike_on_its_two_pages_and_in_the_audit(db, client):
    invoice = in_review()
    reviewer = sign_in(client, "reviewer", name="Ana Paula Reis")
    decide(client, invoice.id, "rejection", code="address", comment="Ask for the number")
    api(client, make_token("clerk", name="checkout")).patch(
        f"/sales/{invoice.sale_id}/address", {"number": "12"}
    )
    work_off()
    decide(client, invoice.id, "approval")
    work_off()
    assert invoice_of_sale(invoice.sale).status is InvoiceStatus.AUTHORIZED

    order = client.get(f"/sales/{invoice.sale_id}").text
    on_order, on_invoice = events_on(order), events_on(client.get(f"/invoices/{invoice.id}").text)
    assert on_order == on_invoice
    assert ("NF-e released", "Ana Paula Reis") in on_order
    assert ("NF-e returned by the reviewer", "Ana Paula Reis") in on_order
    assert ("On its way again, from the address", "Token “checkout”") in on_order
    assert ("NF-e authorized", "Balcão") in on_order
    assert reviewer not in order.split('class="timeline"')[1]

    sign_in(client, "admin")
    in_audit = events_in_audit(client.get("/audit?subject=sales").text)
    in_audit += events_in_audit(client.get("/audit?subject=invoices").text)
    assert sorted(on_order) == sorted(event for event in in_audit if event in set(on_order))
    told = {sentence for sentence, _actor in on_order}
    assert {event for event in in_audit if event[0] in told} == set(on_order)


@pytest.mark.parametrize(
    ("subject", "states"),
    [
        ("sales", [*Status, *Shipping]),
        ("invoices", [*InvoiceStatus, *(f"rejected_by_{by}" for by in RejectedBy)]),
        ("memberships", MembershipEventKind),
    ],
)
def test_every_state_has_its_sentence(subject, states):
    (vocabulary,) = (known for known in VOCABULARIES if known.subject == subject)
    lacking = set(map(str, states)) - vocabulary.sentences.keys()
    assert lacking == set(map(str, SILENT.get(subject, ())))


def test_every_sentence_has_an_icon_that_exists(app):
    sprite = (app.root_path + "/../static/icons.svg").replace("/webapp/..", "")
    with open(sprite) as file:
        drawn = file.read()
    icons = {sentence.icon for known in VOCABULARIES for sentence in known.sentences.values()}
    assert [icon for icon in icons if f'id="{icon}"' not in drawn] == []


@pytest.mark.parametrize(
    ("actor", "name", "kind"),
    [
        ("job rules", "Balcão", "house"),
        ("demo", "Balcão", "house"),
        ("system", "Balcão", "house"),
        ("token checkout", "Token “checkout”", "program"),
        ("command line", "Linha de comando", "program"),
        ("gone@example.com", "gone@example.com", "person"),
    ],
)
def test_who(app, db, actor, name, kind):
    assert history.who(actor) == (name, kind)


def test_a_person_is_called_by_name(app, db):
    email = make_user("clerk", name="Rosa Prado").email
    assert history.who(email).name == "Rosa Prado"


def test_names_are_read_at_once(app, db):
    emails = [make_user("clerk", name=f"Person {number}").email for number in range(5)]
    db.session.commit()
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    history.learn_names(emails)
    names = [history.who(email).name for email in emails]
    event.remove(db.engine, "before_cursor_execute", note)

    assert names == [f"Person {number}" for number in range(5)]
    assert len([statement for statement in seen if "users" in statement]) == 1


def test_every_page_of_the_audit_exists(app):
    endpoints = {endpoint for endpoint, _argument in words.PAGES.values()}
    assert endpoints <= app.view_functions.keys()

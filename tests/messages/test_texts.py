"""The exact text of every e-mail, in each language whose snapshots are kept in `snapshots/`.

To renew them after a change that is wanted: BALCAO_WRITE_SNAPSHOTS=1 bin/test
tests/messages/test_texts.py, and read the diff.
"""

import datetime as dt
import os
from pathlib import Path

import pytest

from tests.factories import make_product, make_sale, open_shop
from webapp.messages.composition import parts_of
from webapp.messages.models import Message
from webapp.messages.words import RULE_TEMPLATES, TEMPLATES
from webapp.store.queries import the_shop

SNAPSHOTS = Path(__file__).with_name("snapshots")
LANGUAGES = ("en", "pt_BR")
VIDEOS = [
    {"name": "Aprendendo a Esquiar", "url": "https://videos.example/esquiar?a=1&b=2", "plan": ""},
    {"name": "Primeiros <Socorros>", "url": "", "plan": ""},
]
FACTS = {
    "membership_activated": {"items": [{"name": "Clube Ouro", "url": "", "plan": "ouro"}]},
    "membership_upgraded": {"items": [{"name": "Clube Ouro", "url": "", "plan": "ouro"}]},
    "membership_reactivated": {"items": [{"name": "Clube Ouro", "url": "", "plan": ""}]},
    "membership_lapsed": {"items": [{"name": "Clube Ouro", "url": "", "plan": "ouro"}]},
    "membership_ends_soon": {"plan": "ouro", "ends_on": "14/12/2026"},
    "streaming_links": {"items": VIDEOS},
    "invoice_authorized": {
        "number": 414,
        "series": 1,
        "access_key": "35261199888777000100550010000004141234567890",
        "invoice_id": 1,
    },
    "shipped": {
        "tracking_code": "AA123456785BR",
        "carrier": "Correios",
        "tracking_url": "https://rastreio.example/?code=AA123456785BR&lang=pt",
        "corrected": False,
    },
}


@pytest.fixture
def written(db):
    """A message of each template, to one customer with a difficult name."""
    open_shop()
    sale = make_sale(sku=make_product().sku, reference="WEB-2001")
    sale.customer_name = "Zoë & Filhos <ME>"
    db.session.commit()

    def write(template: str, language: str, **params) -> tuple[str, str, str]:
        message = Message(
            sale_id=sale.id,
            template=template,
            recipient="zoe@example.com",
            locale=language,
            params=FACTS[template] | params,
            created_at=dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC),
        )
        return parts_of(message)

    return write


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_an_email_reads_as_it_was_agreed(written, template, language):
    subject, plain, html = written(template, language)
    file = SNAPSHOTS / f"{template}.{language}.txt"
    text = f"{subject}\n\n{plain}\n{'=' * 60}\n{html}"
    if os.environ.get("BALCAO_WRITE_SNAPSHOTS"):
        file.write_text(text)
    assert text == file.read_text()


@pytest.mark.parametrize("template", TEMPLATES)
def test_an_email_is_plain_html_without_scripts_images_or_sheets(written, template):
    html = written(template, "pt_BR")[2]
    for unwanted in ("<script", "<img", "<style", "<link", "<table", "javascript:", "&amp;amp;"):
        assert unwanted not in html
    assert '<html lang="pt-BR">' in html and "Zoë &amp; Filhos &lt;ME&gt;" in html


def test_markup_in_a_products_name_is_text(written):
    _subject, plain, html = written("streaming_links", "en")
    assert (
        "Primeiros <Socorros>" in plain
        and "Primeiros &lt;Socorros&gt;" in html
        and "<Socorros>" not in html
    )


def test_only_a_note_with_fiscal_value_is_to_be_looked_up(written, app):
    assert "without fiscal value" in written("invoice_authorized", "en")[1]
    the_shop().nfe_environment = "production"
    assert "www.nfe.fazenda.gov.br" in written("invoice_authorized", "en")[1]


# Letters to the accountant and to staff are no messages of a sale: `closings`, `views` and
# `reordering` write them.
OF_NO_SALE = ("emails/_", "emails/closing.", "emails/export.", "emails/reorder.", "emails/staff.")


def test_every_template_has_text_html_and_a_name(app):
    files = {
        name
        for name in app.jinja_env.list_templates()
        if name.startswith("emails/") and not name.startswith(OF_NO_SALE)
    }
    assert (
        files
        == {f"emails/{name}.{kind}" for name in TEMPLATES for kind in ("txt", "html")}
        == {f"emails/{name}.{kind}" for name in FACTS for kind in ("txt", "html")}
    )


MUG = {"name": "Mug", "url": "", "plan": ""}
CLUB = {"name": "Club", "url": "", "plan": "gold"}


@pytest.mark.parametrize("template", RULE_TEMPLATES)
@pytest.mark.parametrize("items", [[], [MUG], [MUG, CLUB]], ids=["none", "another", "several"])
def test_what_a_rule_may_send_can_be_written_for_any_items(written, template, items):
    subject, plain, html = written(template, "en", items=items)
    assert subject and "Zoë & Filhos <ME>" in plain and "Zoë &amp; Filhos" in html


@pytest.mark.parametrize(
    "template", [name for name in RULE_TEMPLATES if name.startswith("membership")]
)
def test_the_plan_is_that_of_the_membership_among_the_items(written, template):
    assert "plan: gold." in written(template, "en", items=[MUG, CLUB])[1]


def test_the_second_code_is_told_as_a_new_one(written):
    subject, plain, html = written("shipped", "en", corrected=True, tracking_url="")
    assert subject == "The new tracking code of your order WEB-2001"
    assert "changed" in plain and "changed" in html and "Follow" not in plain + html


def test_a_rule_sends_no_email_that_tells_of_an_nfe_or_a_parcel():
    ours = {"invoice_authorized", "membership_ends_soon", "shipped"}
    assert set(TEMPLATES) - set(RULE_TEMPLATES) == ours

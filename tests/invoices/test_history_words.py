"""The history beside an NF-e tells of one; the dashboard's card, of many, in the same English."""

from flask_babel import force_locale, gettext

from webapp.invoices.history import INVOICE_EVENTS


def test_one_rejected_note_is_told_as_one(app):
    with app.test_request_context(), force_locale("pt_BR"):
        told = INVOICE_EVENTS.sentences["rejected_by_authority"].text
        assert str(told) == "NF-e rejeitada pela SEFAZ"
        assert gettext("NF-e rejected by SEFAZ") == "NF-e rejeitadas pela SEFAZ"

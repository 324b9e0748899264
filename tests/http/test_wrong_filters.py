"""An address that filters a list by what is none of its values is answered alike everywhere."""

import html

import pytest

from tests.factories import sign_in

WRONG = (
    "/sales?status=zzz",
    "/sales?shipping=zzz",
    "/sales?since=yesterday",
    "/products?kind=zzz",
    "/products?view=zzz",
    "/invoices?status=zzz",
    "/invoices?month=2026-13",
    "/packing-slips?status=zzz",
    "/memberships?status=zzz",
    "/messages?status=zzz",
    "/tasks?status=zzz",
    "/commissions?month=zzz",
    "/royalties?month=zzz",
    "/rules?action=zzz",
    "/rules?on=yesterday",
    "/audit?subject=zzz",
    "/audit?action=zzz",
    "/audit?since=yesterday",
)


@pytest.mark.parametrize(
    ("locale", "title", "way_on"),
    [
        ("pt_BR", "Este filtro não existe", "Limpar filtros"),
        ("en", "This filter does not exist", "Clear filters"),
    ],
)
def test_a_wrong_filter_is_told_in_words_and_leads_to_the_whole_list(
    client, db, locale, title, way_on
):
    sign_in(client, "admin", locale=locale)
    for address in WRONG:
        answer = client.get(address)
        page, path = html.unescape(answer.text), address.split("?")[0]
        assert answer.status_code == 422 and title in page, address
        assert way_on in page and f'href="{path}"' in page.split('class="error-page"')[1], address
        told = page.split('class="error-page"')[1].split("</main>")[0]
        assert "attention" not in told, address
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("path", ["/sales", "/audit"])
def test_days_in_the_wrong_order_are_told(client, db, path):
    sign_in(client, "admin")
    answer = client.get(f"{path}?since=2026-11-20&until=2026-11-10")
    assert answer.status_code == 422 and "These days are reversed" in answer.text
    assert client.get(f"{path}?since=2026-11-20&until=2026-11-20").status_code == 200


@pytest.mark.parametrize("written", ["2026-11", "11/2026", " 11/2026 "])
def test_a_month_is_read_as_a_calendar_sends_it_and_as_one_types_it(client, db, written):
    """Firefox and Safari have no calendar of months."""
    sign_in(client, "admin")
    for page in ("/closing", "/commissions", "/royalties", "/invoices", "/incoming"):
        answer = client.get(page, query_string={"month": written})
        assert answer.status_code == 200 and 'value="2026-11"' in answer.text, page

"""A page that is there to write something new begins in its first field."""

import pytest
from lxml import html

from tests.factories import sign_in

FIRST = [
    ("/products/new", "/products", "kind"),
    ("/customers/new", "/customers", "name"),
    ("/sales/new", "/sales", "customer_search"),
]


@pytest.mark.parametrize(("new", "create", "first"), FIRST)
def test_a_new_form_begins_in_its_first_field_and_a_refused_one_at_what_is_told(
    client, db, new, create, first
):
    sign_in(client)
    blank = html.fromstring(client.get(new).text)
    asked = "(//main//form//*[self::input or self::select][not(@type='hidden')])[1]"
    (begins,) = blank.xpath("//main//*[@autofocus]")
    assert begins == blank.xpath(asked)[0] and first in (begins.get("name"), begins.get("id"))
    refused = html.fromstring(client.post(create, data={}).text)
    assert not refused.xpath("//main//*[@autofocus]")
    assert refused.xpath("//*[@data-autofocus]")

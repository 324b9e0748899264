"""`<id:…>` takes exactly the numbers that an id column holds."""

import re

import pytest

from webapp.http.query import IdConverter
from webapp.platform.whole import MAX_ID


@pytest.mark.parametrize("number", [1, 9, 10, 999999999, 10**9, 2147483599, MAX_ID - 1, MAX_ID])
def test_a_row_s_id_is_taken(number):
    assert re.fullmatch(IdConverter.regex, str(number))


@pytest.mark.parametrize("written", ["0", "-1", "007", str(MAX_ID + 1), "2200000000", "1" * 30])
def test_another_number_is_not(written):
    assert not re.fullmatch(IdConverter.regex, written)

"""Shelves are counted while orders come in: what is in stock afterwards is right to the unit.

`bin/bench counting` does it with 200 products and 500 orders, a hundred times.
"""

import pytest

from tests.factories import make_token, open_shop
from tests.support.counted_rush import CountedRush

pytestmark = pytest.mark.both_databases


def test_sales_in_the_meantime_do_not_falsify_a_count(app, db):
    open_shop()
    rush = CountedRush(app, make_token(), products=12, sales=30, seed=1)
    rush.run()
    assert rush.failed == [] and rush.errands == []
    assert rush.wrong() == []

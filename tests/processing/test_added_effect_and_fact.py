"""A new action and a new field, each in its two files, work from the editor to the order's page."""

import pytest

from tests.support.added_rule_kinds import copy_with_more, walk_in


@pytest.mark.operations
def test_an_added_action_and_field_work_from_editor_to_order_page(
    tmp_path, database_url, redis_url
):
    house = tmp_path / "house"
    copy_with_more(house)
    said = walk_in(house, database_url, redis_url)
    assert said["editor"].endswith(
        "if the item's weight is at least 500, then write the card Lift with care by hand."
    )
    assert said["published"] == 303
    assert "Card “Lift with care”" in said["page"]
    assert "Card to be written: Lift with care" in said["why"]
    assert "900" in said["why"]
    (effect,) = said["effects"]
    assert effect["status"] == "done" and effect["event"] == "paid"
    assert "Card “Lift with care”: it is reversed." in said["before_cancellation"]
    assert "Reversed" in said["cancelled"]

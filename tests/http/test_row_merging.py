"""Rows that two people changed at once."""

import pytest

from webapp.http.row_merging import merge_rows

A, B, C = ("A", "1", "10"), ("B", "1", "5"), ("C", "2", "7")


@pytest.mark.parametrize(
    ("mine", "theirs", "begun", "both"),
    [
        ([A, B], [A, B], [A, B], [A, B]),
        ([("A", "3", "10"), B], [A, ("B", "4", "5")], [A, B], [("A", "3", "10"), ("B", "4", "5")]),
        ([("A", "3", "10")], [("A", "1", "9")], [A], [("A", "3", "9")]),
        ([A, C], [A, B], [A], [A, C, B]),
        ([A], [A, B, C], [A, B], [A, C]),
        ([("A", "3", "10")], [("A", "4", "10")], [A], None),
        ([], [("A", "4", "10")], [A], None),
        ([C], [("C", "1", "7")], [], None),
        ([A, A], [A], [A], [A, A]),
        ([A, A], [B], [A], None),
    ],
)
def test_both_keep_what_they_changed(mine, theirs, begun, both):
    assert merge_rows(mine, theirs, begun) == both

"""The files that pages load: parts of them, and what is said of one that is not there."""

import pytest

FILE = "/static/favicon.svg"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("bytes=0-3", 206),
        ("bytes=4-", 206),
        ("bytes=-4", 206),
        ("bytes=999999999-", 416),
        ("bytes=0-1,3-4", 200),
        ("lines=1-2", 200),
        ("bytes=x", 200),
        ("rubbish", 200),
    ],
)
def test_one_range_is_served_and_others_are_ignored(client, asked, status):
    whole = client.get(FILE, buffered=True).data
    answer = client.get(FILE, headers={"Range": asked}, buffered=True)
    assert answer.status_code == status
    if status == 200:
        assert answer.data == whole
    elif status == 206:
        assert answer.data in (whole[:4], whole[4:], whole[-4:])


def test_a_missing_file_is_not_kept_and_a_file_is(client):
    assert client.get("/static/nowhere.js").headers["Cache-Control"] == "no-store"
    assert "max-age" in client.get(FILE, buffered=True).headers["Cache-Control"]

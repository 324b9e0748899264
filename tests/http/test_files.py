"""The files that pages load: parts of them, and what is said of one that is not there."""

import re
from pathlib import Path

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


@pytest.mark.parametrize(
    ("bundle", "first", "last"),
    [("css/page.css", "base.css", "print.css"), ("js/page.js", "app.js", "rows.js")],
)
def test_what_every_page_needs_is_one_file_of_all(app, client, bundle, first, last):
    answer = client.get(f"/static/{bundle}")
    kind = Path(app.static_folder) / Path(bundle).parent
    begins, ends = ((kind / name).read_text() for name in (first, last))
    assert answer.mimetype == f"text/{'css' if 'css' in bundle else 'javascript'}"
    assert begins in answer.text and answer.text.index(begins) < answer.text.index(ends)
    assert "max-age" in answer.headers["Cache-Control"]
    known = client.get(f"/static/{bundle}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"")


def bare_sheets(app):
    """The shop's own sheets by name, without their remarks."""
    sheets = sorted((Path(app.static_folder) / "css").glob("*.css"))
    return {file.name: re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.S) for file in sheets}


def test_each_sheet_of_the_bundle_closes_what_it_opens_and_no_more(app):
    """One brace too many takes the sheet behind it away."""
    sheets = bare_sheets(app)
    assert sheets and {
        name: sheet.count("{") - sheet.count("}") for name, sheet in sheets.items()
    } == dict.fromkeys(sheets, 0)


def test_what_stands_in_no_layer_is_named(app):
    """It beats whatever stands in one: a reason that should wrap was cut on a phone."""
    # The charts' library has a sheet of its own, in no layer.
    charts = {".plot .uplot", ".plot .u-legend", ".plot .u-legend .u-value"}
    alone = {"@font-face", "@media print", "@page", *charts}
    for name, sheet in bare_sheets(app).items():
        outermost = re.sub(r"\{[^{}]*\}", ";", sheet)
        while "{" in outermost:
            outermost = re.sub(r"\{[^{}]*\}", ";", outermost)
        found = {head.strip() for head in outermost.split(";")} - {""}
        assert {head for head in found if not head.startswith("@layer ")} <= alone, name

"""The pages in docs show the pipeline, the states and the checks as the program has them."""

import re

import pytest

from webapp.processing.diagrams import PAGES, architecture, redrawn
from webapp.processing.pipeline import WORKED

AGAIN = "run `flask --app wsgi draw`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_is_drawn_as_the_program_is(app, page):
    written = page.read_text("utf-8")
    with app.app_context():
        assert redrawn(written, PAGES[page]()) == written, AGAIN


def test_the_table_names_every_step(app):
    with app.app_context():
        table = architecture()["pipeline"]
    named = set(re.findall(r"`\w+\.(\w+)`", table))
    assert named == {type(station.step).__name__ for station in WORKED}

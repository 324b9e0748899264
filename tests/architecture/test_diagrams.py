"""docs/architecture.md shows the pipeline and the states as the program has them."""

import re

from webapp.processing.diagrams import PAGE, drawings, redrawn
from webapp.processing.pipeline import WORKED

AGAIN = "run `flask --app wsgi draw`"


def test_the_page_is_drawn_as_the_program_is(app):
    page = PAGE.read_text("utf-8")
    with app.app_context():
        assert redrawn(page) == page, AGAIN


def test_the_table_names_every_step(app):
    with app.app_context():
        table = drawings()["pipeline"]
    named = set(re.findall(r"`\w+\.(\w+)`", table))
    assert named == {type(station.step).__name__ for station in WORKED}

"""A schema package: compiled out of its own files alone, and asked what a note may have."""

from datetime import date

import pytest
from lxml import etree

from webapp.fiscal.schema import BUILT_IN, NOTE, Package


def test_the_shipped_package_knows_the_groups_of_2026_and_not_those_of_2027():
    assert BUILT_IN.knows("IBSCBS") and not BUILT_IN.knows("gTribSN")


def test_a_package_that_misses_a_file_is_not_completed_from_elsewhere():
    files = {name: text for name, text in BUILT_IN.files.items() if name != "tiposBasico_v4.00.xsd"}
    with pytest.raises(etree.LxmlError, match="tiposBasico"):
        Package("010x", date(2027, 1, 1), files).problems(etree.Element("NFe"), NOTE)

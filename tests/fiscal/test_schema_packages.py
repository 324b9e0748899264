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


SCHEMA = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">%s</xs:schema>'
ENTITY = '<!DOCTYPE a [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("other", ["../a.xsd", "/etc/passwd", "http://127.0.0.1/a.xsd", "b.xsd"])
def test_a_schema_names_no_file_that_is_not_of_its_package(other):
    naming = SCHEMA % f'<xs:include schemaLocation="{other}"/>'
    package = Package("x", date.min, {"a.xsd": naming.encode()})
    with pytest.raises(etree.LxmlError, match="not in the package"):
        package.problems(etree.fromstring("<a/>"), "a.xsd")


def test_a_schema_s_entities_are_not_resolved():
    naming = SCHEMA % '<xs:include schemaLocation="b.xsd"/>'
    reading = ENTITY + SCHEMA % '<xs:element name="a" type="xs:string" fixed="&secret;"/>'
    held = {"a.xsd": naming.encode(), "b.xsd": reading.encode()}
    with pytest.raises(etree.LxmlError):
        Package("x", date.min, held).problems(etree.fromstring("<a/>"), "a.xsd")

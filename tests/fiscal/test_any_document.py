"""Whatever well-formed XML somebody hands in is judged in words: nothing about it raises."""

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.fiscal.test_documents import NOTES
from tests.support.examples import examples
from tests.support.fiscal_notes import NOW, NUMBERING, a_note
from webapp.fiscal.checks import CHECKS, run_checks, run_table
from webapp.fiscal.document import build
from webapp.fiscal.reading import Reading
from webapp.fiscal.rejections import explain
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.xml import NAMESPACE

DOCUMENTS = {
    name: etree.tostring(build(NOTES[name], EXAMPLE_BOOK, NUMBERING))
    for name in (
        "simples",
        "out of state under the normal regime",
        "marketplace",
        "abroad",
        "card",
        "gift under the normal regime",
    )
}
ODD = (
    ["", " ", "\n", "0", "-1", "119,80", "1e999999", "NaN", "Infinity", "9" * 400, "²", "٣٣", "é"]
    + ["2031-02-29T10:00:00-03:00", "2026-11-20T10:00:00", "0001-01-01T00:00:00+00:00", "NFe", "%s"]
    + ["99888777000101", "EX", "9999999", "SEM GTIN", "7891000315507", "5102", "77001100", "None"]
)
CHANGES = ("text", "drop", "double", "rename", "namespace", "comment", "attribute", "move")
settings_of_the_house = settings(
    max_examples=examples(120), deadline=None, derandomize=True, database=None
)


def change(document, how, place, text):
    """One fault at the element of that place; the root stays where it is."""
    elements = list(document.iter("*"))
    element = elements[place % len(elements)]
    parent = element.getparent()
    if how == "text":
        element.text = text
    elif how == "rename":
        element.tag = elements[place * 7 % len(elements)].tag
    elif how == "namespace":
        element.tag = f"{{urn:other}}{element.tag.rpartition('}')[2]}"
    elif how == "comment":
        element.insert(0, etree.Comment("c") if place % 2 else etree.ProcessingInstruction("p"))
    elif how == "attribute":
        element.attrib.clear()
        element.attrib.update(dict.fromkeys(("nItem", "Id", "versao"), text) if place % 2 else {})
    elif parent is not None and how == "drop":
        parent.remove(element)
    elif parent is not None and how == "double":
        parent.append(etree.fromstring(etree.tostring(element)))
    elif parent is not None and how == "move":
        document.append(element)


def judged(document):
    """Every word that is said about it, as people read it."""
    found = run_checks(None, document, EXAMPLE_BOOK, NOW).issues
    reading = Reading(document, None, NOW)
    found += run_table(reading).issues
    left_out = [check for check in CHECKS if check.only and not check.only(reading)]
    assert [check.name for check in left_out if check.test(reading)] == []
    found.append(explain("778", "Rejeicao: NCM inexistente [nItem: 2]", document))
    return [issue.text for issue in found]


changes = st.lists(
    st.tuples(st.sampled_from(CHANGES), st.integers(0, 400), st.sampled_from(ODD)),
    min_size=1,
    max_size=5,
)


@settings_of_the_house
@given(st.sampled_from(sorted(DOCUMENTS)), changes)
def test_a_note_with_faults_is_judged(name, faults):
    changed = etree.fromstring(DOCUMENTS[name])
    for how, place, text in faults:
        change(changed, how, place, text)
    assert all(judged(changed))


names = st.sampled_from(["NFe", "infNFe", "det", "prod", "imposto", "ide", "dest", "total", "x"])
spaces = st.sampled_from([NAMESPACE, "http://www.portalfiscal.inf.br/cte", "urn:other", ""])
trees = st.recursive(
    st.tuples(spaces, names, st.sampled_from(ODD), st.just([])),
    lambda below: st.tuples(spaces, names, st.sampled_from(ODD), st.lists(below, max_size=4)),
    max_leaves=12,
)


def grown(tree):
    space, name, text, below = tree
    element = etree.Element(f"{{{space}}}{name}" if space else name, nItem=text)
    element.text = text
    element.extend(map(grown, below))
    return element


@settings_of_the_house
@given(trees)
def test_any_other_document_is_refused_in_words(tree):
    document = grown(tree)
    report = run_checks(None, document, EXAMPLE_BOOK, NOW)
    assert report.issues and all(issue.text for issue in report.issues)
    assert all(judged(document))


def test_rules_are_kept_for_what_the_schema_reads():
    document = build(a_note(), EXAMPLE_BOOK, NUMBERING)
    price = next(document.iter(f"{{{NAMESPACE}}}vProd"))
    price.text = "119,80"
    (issue,) = run_checks(None, document, EXAMPLE_BOOK, NOW).issues
    assert (issue.code, issue.field, issue.params["value"]) == (
        "225",
        "lines.*.unit_price",
        "119,80",
    )


def test_the_schema_reads_a_comma_that_no_clock_knows():
    """Its pattern for times takes "10:30:00,03:00": such a note is read as of this moment."""
    document = build(a_note(), EXAMPLE_BOOK, NUMBERING)
    issued = next(document.iter(f"{{{NAMESPACE}}}dhEmi"))
    issued.text = "2026-11-20T10:30:00,03:00"
    assert Reading(document, None, NOW).issued_at == NOW

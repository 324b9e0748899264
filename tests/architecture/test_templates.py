"""Every template compiles, and none of them needs what the content security policy forbids."""

import re

import pytest
from jinja2 import nodes

# Inline scripts, styles and handlers do not run under the policy; `safe` and friends let text in as
# markup.
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "an inline style": re.compile(r"<style\b|\sstyle=[\"']", re.IGNORECASE),
    "an inline handler": re.compile(r"\son[a-z]+=[\"']|\bhx-on\b|javascript:|\bjs:", re.IGNORECASE),
    "text let in as markup": re.compile(r"\|\s*safe\b|autoescape\s+false", re.IGNORECASE),
    "a file from elsewhere": re.compile(
        r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?://", re.IGNORECASE
    ),
}


def sources(app) -> dict[str, str]:
    """The pages' templates by name. E-mails stand apart: their readers have no policy, and want
    inline styles."""
    names = app.jinja_env.list_templates(
        filter_func=lambda name: name.endswith(".html") and not name.startswith("emails/")
    )
    return {name: app.jinja_env.loader.get_source(app.jinja_env, name)[0] for name in names}


def test_every_template_compiles(app):
    names = app.jinja_env.list_templates(extensions=["html", "txt", "xml"])
    assert len(names) > 20
    for name in names:
        app.jinja_env.get_template(name)


def test_what_a_template_includes_is_there(app):
    names = set(app.jinja_env.list_templates())
    missing = []
    for name, source in sources(app).items():
        asked = app.jinja_env.parse(source).find_all(
            (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
        )
        missing += [
            (name, node.template.value)
            for node in asked
            if isinstance(node.template, nodes.Const) and node.template.value not in names
        ]
    assert not missing


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_has(app, what):
    without_comments = {
        name: re.sub(r"{#.*?#}", "", source, flags=re.DOTALL)
        for name, source in sources(app).items()
    }
    assert [
        name for name, source in without_comments.items() if FORBIDDEN[what].search(source)
    ] == []


def test_no_line_of_a_template_is_longer_than_120(app):
    names = app.jinja_env.list_templates(extensions=["html"])
    lines = [
        f"{name}:{number}"
        for name in names
        for number, line in enumerate(
            app.jinja_env.loader.get_source(app.jinja_env, name)[0].split("\n"), 1
        )
        if len(line) > 120
    ]
    assert not lines


def test_addresses_come_from_the_routes(app):
    """A page that moves takes its links along: `url_for`, not an address by hand."""
    by_hand = re.compile(
        r"[\"']/(?:sales|invoices|products|customers|rules|jobs|audit|staff|settings|tasks|messages"
        r"|memberships|packing-slips|commissions|royalties|agents|login|account|search|api)\b"
    )
    found = {
        name: by_hand.findall(re.sub(r"{#.*?#}", "", source, flags=re.DOTALL))
        for name, source in sources(app).items()
    }
    assert {name: addresses for name, addresses in found.items() if addresses} == {}

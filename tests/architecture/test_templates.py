"""Every template compiles, and none of them needs what the content security policy forbids."""

import re
from functools import cache
from pathlib import Path

import pytest
from jinja2 import nodes
from jinja2.meta import find_undeclared_variables

from webapp.platform.database import Model
from webapp.platform.notices import live_kind

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


@cache
def parsed(jinja_env, name: str) -> nodes.Template:
    return jinja_env.parse(jinja_env.loader.get_source(jinja_env, name)[0])


# What a template reads of what is not the shop's own: Jinja's loops and markup, JSON Schema.
OF_OTHERS = {"__html__", "additionalProperties", "allOf", "const", "index0"}


def test_what_a_template_reads_of_a_thing_is_written_somewhere(app):
    """A property that no line of Python names any more may still be read by a page, which then
    shows nothing, or answers 500 where it is a number."""
    code = Path(app.root_path).rglob("*.py")
    known = OF_OTHERS.union(*(re.findall(r"\w+", file.read_text()) for file in code))
    trees = {
        name: parsed(app.jinja_env, name)
        for name in app.jinja_env.list_templates(extensions=["html", "txt", "xml"])
    }
    for tree in trees.values():
        known.update(macro.name for macro in tree.find_all(nodes.Macro))
        known.update(keyword.key for keyword in tree.find_all(nodes.Keyword))
        keys = (pair.key for pair in tree.find_all(nodes.Pair))
        known.update(key.value for key in keys if isinstance(key, nodes.Const))
    read = [(name, node) for name, tree in trees.items() for node in tree.find_all(nodes.Getattr)]
    missing = [(name, node.lineno, node.attr) for name, node in read if node.attr not in known]
    assert read and not missing


def test_every_template_compiles(app):
    names = app.jinja_env.list_templates(extensions=["html", "txt", "xml"])
    assert len(names) > 20
    for name in names:
        app.jinja_env.get_template(name)


def test_what_a_template_includes_is_there(app):
    names = set(app.jinja_env.list_templates())
    missing = []
    for name in sources(app):
        asked = parsed(app.jinja_env, name).find_all(
            (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
        )
        missing += [
            (name, node.template.value)
            for node in asked
            if isinstance(node.template, nodes.Const) and node.template.value not in names
        ]
    assert not missing


def test_what_is_drawn_once_asks_for_nothing_of_one_page(app):
    """Another page, and another person's, would show it."""
    found, standing = sources(app), re.compile(r'standing_part\("([^"]+)"\)')
    parts = {name for source in found.values() for name in standing.findall(source)}
    assert len(parts) > 3

    def asked(name: str) -> set[str]:
        template = parsed(app.jinja_env, name)
        names = {each.name for each in template.find_all(nodes.Name)}
        used = {each.template.value for each in template.find_all((nodes.FromImport, nodes.Import))}
        # Of the small parts of every page a macro or two asks: not those that draw no form.
        used -= {"components/ui.html"}
        asks = find_undeclared_variables(template) | names & {"request", "session", "g", "csrf"}
        return asks.union(*map(asked, used))

    assert set().union(*map(asked, parts)) == set()


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


# What makes a page, or a part of it, move by itself: static/js/live.js.
LIVE = re.compile(r"set live_(?:on|key)\b|data-live-(?:list|url)|list_url=|detail\.live\(|\bpage=")
# Pages that do not, and why.
NOT_LIVE = {
    "a form: what is written stays, a change of somebody else is told when it is saved": {
        "alerts/limits.html",
        "batches/new.html",
        "bulk/new.html",
        "catalog/form.html",
        "customers/address.html",
        "customers/agent.html",
        "customers/anonymise.html",
        "customers/form.html",
        "customers/merge_preview.html",
        "fulfilment/commissions/confirm_payment.html",
        "fulfilment/labels/settings.html",
        "fulfilment/memberships/plans.html",
        "jobs/give_up.html",
        "monitor/pause.html",
        "payments/providers.html",
        "rules/exception.html",
        "rules/form.html",
        "sales/cancellation.html",
        "sales/details.html",
        "sales/failed_delivery.html",
        "sales/form.html",
        "sales/refund.html",
        "sales/return.html",
        "sales/why.html",
        "staff/person.html",
        "staff/proof.html",
        "store/partner.html",
        "store/settings.html",
        "taxation/form.html",
        "views/schedule.html",
    },
    "a paper, as it is printed": {"counting/sheet.html", "fulfilment/parcels/print.html"},
    "what a carrier answered just now": {"fulfilment/labels/offers.html"},
    "it does not change": {"rules/help.html", "styleguide.html"},
}


def test_every_page_is_live_or_says_why_not(app):
    found = sources(app)

    def whole(name: str) -> str:
        asked = parsed(app.jinja_env, name).find_all((nodes.Include, nodes.FromImport))
        parts = {node.template.value for node in asked if isinstance(node.template, nodes.Const)}
        parts = {part for part in parts if not part.startswith(("components/", "layouts/"))}
        return found[name] + "".join(whole(part) for part in parts)

    pages = {name for name in found if '{% extends "layouts/base.html" %}' in found[name]}
    still = {name for name in pages if not LIVE.search(whole(name))}
    assert still == set().union(*NOT_LIVE.values())


def test_pages_wait_for_kinds_that_there_are(app):
    """A kind that no model has is told by nobody."""
    told = {live_kind(mapper.class_) for mapper in Model.registry.mappers} | {"jobs", "any"}
    waits = re.compile(
        r'set live_on = "([^"]+)"|data-live-kind="([a-z_ ]+)"'
        r'|lists\.table\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*?\bkind="([^"]+)"'
    )
    found = sources(app)
    kinds = {
        (name, kind)
        for name, source in found.items()
        for groups in waits.findall(source)
        for kind in "".join(groups).split()
    }
    assert len(kinds) > 40
    assert {(name, kind) for name, kind in kinds if kind not in told} == set()


@pytest.mark.parametrize(
    "template",
    [
        "incoming/index",
        "imports/index",
        "counting/index",
        "payments/notices",
        "payments/statements",
    ],
)
def test_a_list_of_few_columns_leaves_none_out_on_a_usual_screen(app, template):
    text = sources(app)[f"{template}.html"]
    assert "drop-1" not in text and '"drop"' not in text

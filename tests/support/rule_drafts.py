"""Rules, drafts and versions for tests of how rules are changed. All want the `db` fixture."""

import zlib

from tests.factories import make_user
from webapp.platform.database import db
from webapp.rules.drafting import Author, keep_rule
from webapp.rules.forms import PublicationIn
from webapp.rules.models import RuleDraft, RuleSetVersion
from webapp.rules.publishing import publish
from webapp.rules.queries import book_to_edit, published

PAYS = [{"do": "commission", "percent": "5.00"}]
SLIP = [{"do": "packing_slip"}]
SHIPPED = {"field": "item_physical", "op": "is_true"}


def rule(code: str = "one", then=None, when=None, **more) -> dict:
    """A rule that moves no money, unless `then` says otherwise; its one example passes, and no
    other rule gets in its way."""
    then = then or SLIP
    price = f"{zlib.crc32(code.encode()) % 90_000}.00"
    own = {"all": [SHIPPED, {"field": "item_price", "op": "eq", "value": price}]}
    example = {
        "facts": {"item_kind": "physical", "item_price": price},
        "expect": [use["do"] for use in then],
    }
    return {
        "code": code,
        "name": more.pop("name", f"Rule {code}"),
        "when": when or own,
        "then": then,
        "examples": [example],
        **more,
    }


def rule_named(rules: list[dict], code: str) -> dict | None:
    return next((raw for raw in rules if raw["code"] == code), None)


def paying(code: str = "paying", percent: str = "5.00", **more) -> dict:
    return rule(code, [{"do": "commission", "percent": percent}], **more)


def in_force(*rules: dict, reason: str = "As it was") -> RuleSetVersion:
    """A published version, whatever stands in it."""
    version = RuleSetVersion(rules=list(rules), published_by="Rosa", reason=reason)
    db.session.add(version)
    db.session.commit()
    return version


def somebody(name: str = "Ana", role: str = "manager") -> Author:
    user = make_user(role, name=name)
    return Author(user.id, user.name)


def drafted(author: Author, *rules: dict) -> RuleDraft:
    """The open draft, with each of `rules` in the place of the one of its code, or behind all
    others."""
    for raw in rules:
        draft = kept(author, raw)
    return draft


def kept(author: Author, raw: dict) -> RuleDraft:
    present = book_to_edit().get(raw["code"])
    draft = keep_rule(author, raw, present and present.code, present and present.fingerprint)
    db.session.commit()
    return draft


def publish_draft(
    draft: RuleDraft, person: Author, reason: str = "Because", **more
) -> RuleSetVersion:
    version = publish(draft.id, draft.version, person, PublicationIn(reason=reason, **more))
    db.session.commit()
    assert version is published()
    return version

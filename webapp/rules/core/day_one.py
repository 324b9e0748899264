"""The rules every shop begins with, as data (Kata16 of codekata.com: "How many rules?").

On payment: goods go on the packing slip; books owe a royalty; memberships are activated, upgraded
or reactivated and their owner told; the video Learning to Ski brings First Aid (court decision,
1997); the agent earns a commission on goods and books; streams are e-mailed. A gift earns no
commission and owes no royalty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.rules.core.rule import RawRule

# A condition, an action or an example, as JSON has it.
Part = dict[str, Any]

# Stand-ins until the shop chooses its own two videos; the rule stays switched off with them.
SKI_VIDEO, FIRST_AID_VIDEO = "LEARNING-TO-SKI", "FIRST-AID"

NO_GIFT = {"field": "item_gift", "op": "is_false"}


def day_one_rules(
    disc_pairs: Mapping[str, str] | None = None, stream_pairs: Mapping[str, str] | None = None
) -> list[RawRule]:
    """JSON rules. The pairs map the SKU of Learning to Ski to that of First Aid, on disc and by
    link.

    Pairs are matched by SKU and not by title: a renamed product keeps its gift, and the book of
    that title has none.
    """
    return [
        _packing_slip(),
        _royalty_slip(),
        *_memberships(),
        *_free_videos("disc", disc_pairs or {}),
        *_free_videos("stream", stream_pairs or {}),
        _commission(),
        _streaming_links(),
    ]


def _rule(
    code: str,
    pt_br: str,
    en: str,
    when: Part,
    then: list[Part],
    examples: list[Part],
    enabled: bool = True,
) -> RawRule:
    return {
        "code": code,
        "name": {"pt_BR": pt_br, "en": en},
        "scope": "line",
        "event": "paid",
        "priority": 0,
        "valid_from": None,
        "valid_to": None,
        "enabled": enabled,
        "when": when,
        "then": then,
        "examples": examples,
    }


def _kind(*kinds: str) -> Part:
    if len(kinds) == 1:
        return {"field": "item_kind", "op": "eq", "value": kinds[0]}
    return {"field": "item_kind", "op": "in", "value": list(kinds)}


def _membership(op: str, status: str) -> Part:
    return {"field": "membership_status", "op": op, "value": status}


def _example(expect: list[str], **facts: object) -> Part:
    return {"facts": facts, "expect": expect}


def _packing_slip() -> RawRule:
    return _rule(
        "packing_slip",
        "Produto físico: guia de remessa",
        "Physical product: packing slip",
        {"field": "item_physical", "op": "is_true"},
        [{"do": "packing_slip"}],
        [
            _example(["packing_slip"], item_kind="physical"),
            _example(["packing_slip"], item_kind="book", item_gift=True),
            _example([], item_kind="ebook"),
        ],
    )


def _royalty_slip() -> RawRule:
    return _rule(
        "royalty_slip",
        "Livro: via para o setor de royalties",
        "Book: slip for the royalty department",
        {"all": [_kind("book", "ebook"), NO_GIFT]},
        [{"do": "royalty_slip"}],
        [
            _example(["royalty_slip"], item_kind="book"),
            _example(["royalty_slip"], item_kind="ebook"),
            _example([], item_kind="book", item_gift=True),
            _example([], item_kind="video"),
        ],
    )


def _memberships() -> list[RawRule]:
    upgrade, reactivation = "membership_upgrade", "membership_reactivation"
    return [
        _rule(
            "membership_activation",
            "Assinatura: ativar e avisar",
            "Membership: activate and tell the owner",
            _kind("membership"),
            [{"do": "membership_activation"}, {"do": "email", "template": "membership_activated"}],
            [
                _example(["membership_activation", "email"], item_kind="membership"),
                _example([], item_kind=upgrade),
            ],
        ),
        _rule(
            "membership_upgrade",
            "Upgrade com assinatura ativa: aplicar e avisar",
            "Upgrade of an active membership: apply and tell the owner",
            {"all": [_kind(upgrade), _membership("eq", "active")]},
            [{"do": "membership_upgrade"}, {"do": "email", "template": "membership_upgraded"}],
            [
                _example(
                    ["membership_upgrade", "email"], item_kind=upgrade, membership_status="active"
                ),
                _example([], item_kind=upgrade, membership_status="lapsed"),
                _example([], item_kind=upgrade, membership_status="none"),
            ],
        ),
        _rule(
            "upgrade_without_membership",
            "Upgrade sem assinatura ativa: tarefa para a equipe",
            "Upgrade without an active membership: task for staff",
            {"all": [_kind(upgrade), _membership("ne", "active")]},
            [{"do": "task", "text_code": "upgrade_without_membership"}],
            [
                _example(["task"], item_kind=upgrade, membership_status="none"),
                _example([], item_kind=upgrade, membership_status="active"),
            ],
        ),
        _rule(
            "membership_reactivation",
            "Reativação de assinatura vencida: reativar e avisar",
            "Reactivation of a lapsed membership: reactivate and tell the owner",
            {"all": [_kind(reactivation), _membership("eq", "lapsed")]},
            [
                {"do": "membership_reactivation"},
                {"do": "email", "template": "membership_reactivated"},
            ],
            [
                _example(
                    ["membership_reactivation", "email"],
                    item_kind=reactivation,
                    membership_status="lapsed",
                ),
                _example([], item_kind=reactivation, membership_status="active"),
            ],
        ),
        _rule(
            "reactivation_without_lapsed",
            "Reativação sem assinatura vencida: tarefa para a equipe",
            "Reactivation without a lapsed membership: task for staff",
            {"all": [_kind(reactivation), _membership("ne", "lapsed")]},
            [{"do": "task", "text_code": "reactivation_without_lapsed"}],
            [
                _example(["task"], item_kind=reactivation, membership_status="none"),
                _example([], item_kind=reactivation, membership_status="lapsed"),
            ],
        ),
    ]


def _free_videos(medium: str, pairs: Mapping[str, str]) -> list[RawRule]:
    if not pairs:
        return [
            _free_video(f"free_video_{medium}", medium, SKI_VIDEO, FIRST_AID_VIDEO, enabled=False)
        ]
    return [
        _free_video(
            f"free_video_{medium}" + (f"_{number}" if number > 1 else ""),
            medium,
            bought,
            free,
            enabled=True,
        )
        for number, (bought, free) in enumerate(pairs.items(), 1)
    ]


def _free_video(code: str, medium: str, bought: str, free: str, enabled: bool) -> RawRule:
    kind = {"disc": "video", "stream": "streaming"}[medium]
    pt_br = {"disc": "em disco", "stream": "por streaming"}[medium]
    en = {"disc": "on disc", "stream": "by streaming"}[medium]
    return _rule(
        code,
        f"Aprendendo a Esquiar {pt_br}: brinde Primeiros Socorros (decisão judicial de 1997)",
        f"Learning to Ski {en}: free First Aid video (court decision of 1997)",
        {"all": [{"field": "item_sku", "op": "eq", "value": bought}, NO_GIFT]},
        [{"do": "add_item", "sku": free, "quantity": 1}],
        [
            _example(["add_item"], item_kind=kind, item_sku=bought),
            _example(["add_item"], item_kind=kind, item_sku=bought, item_name="Renamed"),
            _example(
                [], item_kind="book", item_sku="BOOK-OF-THAT-TITLE", item_name="Learning to Ski"
            ),
        ],
        enabled,
    )


def _commission() -> RawRule:
    return _rule(
        "commission",
        "Produto físico ou livro: comissão do vendedor",
        "Physical product or book: commission for the agent",
        {
            "all": [
                {"any": [{"field": "item_physical", "op": "is_true"}, _kind("book", "ebook")]},
                {"field": "agent_id", "op": "is_set"},
                NO_GIFT,
            ]
        },
        [{"do": "commission", "percent": "agent"}],
        [
            _example(["commission"], item_kind="physical"),
            _example(["commission"], item_kind="ebook"),
            _example([], item_kind="physical", agent_id=None),
            _example([], item_kind="video", item_gift=True),
            _example([], item_kind="streaming"),
        ],
    )


def _streaming_links() -> RawRule:
    return _rule(
        "streaming_links",
        "Vídeo por streaming: e-mail com título e link",
        "Streaming video: e-mail with title and link",
        _kind("streaming"),
        [{"do": "email", "template": "streaming_links"}],
        [
            _example(["email"], item_kind="streaming"),
            _example(["email"], item_kind="streaming", item_gift=True),
            _example([], item_kind="video"),
        ],
    )

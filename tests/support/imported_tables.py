"""Tables sent as a program sends them, looked over and taken."""

import io
from typing import Any

from tests.factories import Api, work_off


def send(
    calls: Api, content: bytes | str, kind: str = "products", name: str = "t.csv", **told: Any
):
    file = content.encode() if isinstance(content, str) else content
    data = {"kind": kind, "file": (io.BytesIO(file), name), **told}
    headers = calls.headers | {"Accept-Language": "en"}
    return calls.client.post("/api/v1/imports", data=data, headers=headers)


def looked_over(calls: Api, content: bytes | str, kind: str = "products", **told: Any) -> dict:
    answer = send(calls, content, kind, **told)
    assert answer.status_code == 202, answer.json
    work_off()
    return calls.get(f"/imports/{answer.json['id']}").json


def taken(calls: Api, content: bytes | str, kind: str = "products", **told: Any) -> dict:
    found = looked_over(calls, content, kind, **told)
    answer = calls.post(f"/imports/{found['id']}/take", {"skip_refused": True})
    assert answer.status_code == 202, answer.json
    work_off()
    return calls.get(f"/imports/{found['id']}").json


def told(found: dict) -> list[tuple[int, str, str]]:
    return [(each["row"], each["column"], each["message"]) for each in found["problems"]]


def counts(found: dict) -> tuple[str, int, int, int, int]:
    return tuple(found[name] for name in ("status", "rows", "accepted", "known", "refused"))

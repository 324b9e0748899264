"""Keys of programs and forms, each of which makes its call's work happen once: what is sent again
with the same key finds what the first one made."""

import hashlib
import json
from dataclasses import dataclass

from flask_babel import gettext as _
from pydantic import BaseModel
from sqlalchemy import bindparam, insert, select

from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.sales.models import IdempotencyKey, Refund, Sale

_keys = IdempotencyKey.__table__.c
_KEPT = select(_keys.body_hash, _keys.sale_id, _keys.refund_id).where(
    _keys.scope == bindparam("scope"), _keys.key == bindparam("key")
)
_KEEP = insert(IdempotencyKey.__table__)


class KeyReused(Refusal):
    field = "Idempotency-Key"


@dataclass(frozen=True)
class CallKey:
    """A key as it came with its body. `scope` is the space in which it is unique: one caller's do
    not meet another's."""

    scope: str
    key: str
    body_hash: str

    @classmethod
    def of(cls, scope: str, key: str, body: BaseModel) -> "CallKey":
        written = json.dumps(body.model_dump(mode="json"), sort_keys=True)
        return cls(scope, key, hashlib.sha256(written.encode()).hexdigest())

    def sale_made(self) -> int | None:
        """The id of the sale that was made with this key. Raises KeyReused."""
        return self._made()[0]

    def refund_made(self) -> int | None:
        """The id of the refund that was made with this key. Raises KeyReused."""
        return self._made()[1]

    def _made(self) -> tuple[int | None, int | None]:
        looked_for = {"scope": self.scope, "key": self.key}
        row = db.session.connection().execute(_KEPT, looked_for).first()
        if row is None:
            return None, None
        if row.body_hash != self.body_hash:
            raise KeyReused(_("This Idempotency-Key was used before, with another body."))
        return row.sale_id, row.refund_id

    def keep(self, sale: Sale, refund: Refund | None = None) -> None:
        """Remembers what the key made. Where two calls send it at once, its row lets only one
        transaction through; the other fails on it and, begun anew, finds what the first made."""
        db.session.flush()
        made = {"sale_id": sale.id, "refund_id": refund.id if refund else None}
        key = {"scope": self.scope, "key": self.key, "body_hash": self.body_hash}
        db.session.connection().execute(_KEEP, key | made)

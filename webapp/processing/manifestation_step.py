"""What the shop tells of notes issued against it: signed at the first turn, sent with the same
bytes until the authority has answered."""

import datetime as dt

from flask import current_app
from lxml import etree
from sqlalchemy.orm import joinedload, undefer

from webapp.authority.certificates import certificate
from webapp.authority.choosing import authority
from webapp.fiscal.authority import AuthorityAway, EventAnswer
from webapp.fiscal.events import EventHead, build_event
from webapp.fiscal.proc import event_proc
from webapp.fiscal.text import clean
from webapp.incoming.models import Manifestation, ManifestationStatus
from webapp.platform.database import db
from webapp.platform.notices import tell_pages
from webapp.processing.claims import Step
from webapp.processing.papers import asks_for_patience, sign_or_wait, wait_for_authority
from webapp.processing.signing import issue_time
from webapp.store.queries import the_shop

# By the row's id; nothing where it was not sent yet.
Answers = dict[int, EventAnswer | AuthorityAway]


class ManifestationStep(Step[Manifestation, Answers, Answers]):
    model = Manifestation
    status = ManifestationStatus.PENDING
    # So many the authority takes at once.
    batch = 20
    lease_seconds = 60
    most_alone = None
    external_load = (undefer(Manifestation.signed_xml),)
    write_load = (undefer(Manifestation.signed_xml), joinedload(Manifestation.note))

    def tries_left(self, row: Manifestation) -> int:
        """Never used up: what was sent may be registered, and that must be learned."""
        return 1

    def call_external(self, rows: list[Manifestation]) -> Answers:
        signed = {row.id: row.signed_xml for row in rows if row.signed_xml}
        if not signed:
            return {}
        try:
            answers = authority().event(list(signed.values()))
        except AuthorityAway as away:
            return dict.fromkeys(signed, away)
        return dict(zip(signed, answers, strict=True))

    def write_row(self, row: Manifestation, shared: Answers, now: dt.datetime) -> None:
        tell_pages(db.session, row.note)
        if row.signed_xml is None:
            sign_or_wait(row, now, lambda: _sign(row, now))
            return
        answer = shared[row.id]
        if isinstance(answer, AuthorityAway):
            wait_for_authority(row, now, answer)
        elif answer.is_registered:
            assert answer.registered_at and answer.ret_event
            proc_xml = event_proc(row.signed_xml, answer.ret_event)
            row.register(
                answer.code, answer.reason, answer.protocol or "", answer.registered_at, proc_xml
            )
        elif answer.is_duplicate:
            # Told before, by the answer that was lost or by another program.
            row.register(answer.code, answer.reason, "", now, None)
        elif asks_for_patience(answer.code):
            wait_for_authority(row, now, answer.code)
        else:
            row.refuse(answer.code, answer.reason)


def _sign(row: Manifestation, now: dt.datetime) -> None:
    row.signed_xml = certificate().signer.sign(_event(row, now))


def _event(row: Manifestation, now: dt.datetime) -> etree._Element:
    environment = current_app.extensions["settings"].nfe_environment
    at = max(issue_time(now), row.note.issued_at)
    head = EventHead(row.note.access_key, environment, the_shop().cnpj, at, row.sequence)
    return build_event(row.stance, head, {"xJust": clean(row.reason, 255) if row.reason else None})

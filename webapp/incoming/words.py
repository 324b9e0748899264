"""Why a file is not taken, and what is said of a note, in the reader's language."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.authority.words import PREFIX, why_it_waits
from webapp.fiscal.foreign import Protocol, Signed
from webapp.incoming.models import IncomingNote
from webapp.platform.issues import issue_from_json

PROBLEMS = {
    "too_long": _l("The file is larger than 5 MB, which no NF-e is."),
    "encoding": _l("The file is not written in UTF-8, or has signs that no XML has."),
    "doctype": _l("The file has a DOCTYPE or entities, which no NF-e has: it was not read."),
    "no_xml": _l("The file is no XML, or it is cut short."),
    "too_deep": _l("The file's elements lie deeper within each other than any NF-e's."),
    "too_many": _l("The file has more elements, attributes or namespaces than any NF-e."),
    "no_note": _l("The file is neither an NF-e nor an event of one."),
    "model": _l("The file is no NF-e (model 55) but another kind of note, such as an NFC-e."),
    "key": _l("The access key is not one: its form or its last digit is wrong."),
    "no_day": _l("The note does not say when it was issued in a way that can be read."),
    "not_registered": _l("SEFAZ has not registered this event."),
    "failed": _l("The program failed over this file. Tell support, with the file."),
    "packed": _l("The file in the zip is broken, locked or packed in a way that is not read."),
    "not_ours": _l("The shop has no part in this note: another CNPJ issued it, to another buyer."),
    "unsigned": _l("The file is not signed: it is a draft, not an NF-e or an event."),
    "other_author": _l("Somebody else than the note's issuer says that it is cancelled."),
    "changed": _l("The signature does not fit: the file was changed after it was signed."),
    "other_protocol": _l("The protocol in the file is that of another note."),
    "homologation": _l("The note was issued for a test (homologation): it has no value."),
}
SIGNATURES = {
    Signed.VERIFIED: (_l("The signature fits"), "good"),
    Signed.REFORMATTED: (_l("Reformatted after signing"), "warn"),
    Signed.WRONG: (_l("The signature does not fit"), "bad"),
    Signed.NONE: (_l("Not signed"), "bad"),
}
PROTOCOLS = {
    Protocol.EQUAL: (_l("The protocol is this note's"), "good"),
    Protocol.DIFFERS: (_l("The protocol is another note's"), "bad"),
    Protocol.NONE: (_l("No protocol in the file"), "warn"),
}
EVENTS = {
    "110110": _l("Correction letter"),
    "110111": _l("Cancellation"),
    "110112": _l("Cancellation by another note"),
    "110140": _l("Issued in contingency (EPEC)"),
    "110150": _l("Access for the carrier"),
    "110192": _l("Delivery failed"),
    "110193": _l("Failed delivery taken back"),
    "210200": _l("Confirmed by the buyer"),
    "210210": _l("Seen by the buyer"),
    "210220": _l("Disowned by the buyer"),
    "210240": _l("Not carried out, by the buyer"),
}


def problem_words(code: str) -> str:
    return str(PROBLEMS[code])


def event_words(kind: str) -> str:
    return str(EVENTS.get(kind) or _("Event %(kind)s", kind=kind))


def waiting_words(error: str) -> str:
    """Why something waits: in words, or as the authority said it."""
    return why_it_waits(error) if error.startswith(PREFIX) else error


def rule_words(note: IncomingNote) -> list[tuple[str, str]]:
    """The rules of its day that a note breaks: code and words. What they say of the shop fits its
    own notes alone; another's have the codes."""
    issues = [issue_from_json(kept) for kept in note.verdicts.get("rules", ())]
    if note.is_own:
        return [(issue.code, issue.text) for issue in issues]
    return [(code, "") for code in dict.fromkeys(issue.code for issue in issues)]


def schema_words(note: IncomingNote) -> list[str]:
    return [_schema_line(each) for each in note.verdicts.get("schema", ())]


def _schema_line(told: dict[str, Any]) -> str:
    place = told["place"]
    if not told["value"]:
        return _("%(place)s is missing, or has no place there", place=place)
    return _("%(place)s: “%(value)s” is not as the schema asks", place=place, value=told["value"])

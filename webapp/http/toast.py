"""News for the person whose htmx request it answers (static/js/app.js shows them)."""

import json

from flask import Response, make_response


def with_toast(html: str, text: str, kind: str = "good") -> Response:
    """`html` as the answer, and beside it a toast; kind good|info|warn|bad."""
    response = make_response(html)
    # JSON in ASCII: a header takes no other letters.
    response.headers["HX-Trigger"] = json.dumps({"toast": {"kind": kind, "text": text}})
    return response

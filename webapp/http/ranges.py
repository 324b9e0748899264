"""Parts of files: one range of bytes is served; anything else that is asked for is answered whole,
as RFC 9110 has it, and not refused."""

import re

from flask import Flask, request

_ONE_RANGE = re.compile(r"bytes=(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})", re.ASCII)


def set_up(app: Flask) -> None:
    @app.before_request
    def ignore_other_ranges() -> None:
        asked = request.environ.get("HTTP_RANGE")
        if asked and not _ONE_RANGE.fullmatch(asked):
            del request.environ["HTTP_RANGE"]

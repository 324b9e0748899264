"""The log cannot be written by others: whatever they send stays within its own line."""

import logging
import sys

import pytest

from webapp.platform import logs

FORGED = "2026-11-29T00:00:00Z [critical] FORGED LINE"
LINE_ENDS = ("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1b[2K\x1b[1G", "\x85", "\u2028", "\x00\n")


def written(message: str, *args, form: str = "text", error: Exception | None = None) -> str:
    exc_info = None
    if error:
        try:
            raise error
        except type(error):
            exc_info = sys.exc_info()
    record = logging.LogRecord("some.library", logging.ERROR, "", 1, message, args, exc_info)
    return logs.formatter(form).format(record)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_a_line_of_any_logger_cannot_be_forged(form, line_end):
    line = written("no such person (%s)", f"a{line_end}{FORGED}", form=form)

    assert "no such person" in line and FORGED in line
    assert len(line.splitlines()) == 1 and "\x1b" not in line


@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_an_error_that_bears_outside_text_forges_no_line(line_end):
    first, *rest = written("failed", error=ValueError(f"a{line_end}{FORGED}")).splitlines()

    assert "failed" in first and any(FORGED in line for line in rest)
    assert all(line.startswith("   ") for line in rest), "a line begins like one of an event"

"""Files that a form sends: a view that takes one says so, and no other is sent so much.

What is long lies on the disk while it is read (`serving/bridge.py` and Werkzeug), not in memory.
"""

from collections.abc import Callable

from flask import Flask, current_app, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage

from webapp.platform.errors import FieldError, Invalid, Refusal

# With what a form sends beside its file; the server keeps a little more of it.
LONGEST = 15 * 2**20
# Of archives of many files, at these addresses alone (`serving.bridge` keeps so much there).
LONGEST_ARCHIVE = 100 * 2**20
MOST_FILES = 1000
# What may be pasted in place of a file, in bytes.
LONGEST_PASTE = 8 * 2**20


class TooLong(Refusal):
    status = 413
    title = _l("This file is too large")


def set_up(app: Flask) -> None:
    """Before anything looks at the form."""

    @app.before_request
    def let_files_in() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if not getattr(view, "takes_file", False):
            return
        longest = LONGEST_ARCHIVE if getattr(view, "takes_archive", False) else LONGEST
        if (request.content_length or 0) > longest:
            most = longest // 2**20
            raise TooLong(_("A file here has at most %(most)s MB. Nothing was taken.", most=most))
        request.max_content_length = longest
        request.max_form_parts = MOST_FILES + 100
        if getattr(view, "takes_archive", False):
            request.max_form_memory_size = LONGEST_PASTE


def takes_file(view: Callable) -> Callable:
    vars(view)["takes_file"] = True
    return view


def takes_archive(view: Callable) -> Callable:
    """Marks a view that takes a file as one that takes many in one, which may be longer."""
    vars(view)["takes_archive"] = True
    return view


def sent_file(name: str) -> FileStorage:
    """Raises Invalid where none was chosen."""
    found = request.files.get(name)
    if found is None or not found.filename:
        raise Invalid([FieldError(name, _("Choose a file."))])
    return found

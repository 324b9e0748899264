"""The blueprint that the pages of packing slips share, and the filters that their list keeps."""

from typing import Any

from flask import Blueprint, request

bp = Blueprint("parcels", __name__)
LIST_FILTERS = ("status", "due", "q", "shipped_since", "shipped_until", "sort", "after", "before")


def list_filters() -> dict[str, Any]:
    """The list's filters, which come along in the address while something is done to its rows."""
    return {name: request.args[name] for name in LIST_FILTERS if request.args.get(name)}

"""Pages of this feature."""

from flask import Blueprint

bp = Blueprint("fulfilment", __name__)

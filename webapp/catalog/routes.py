"""Pages of this feature."""

from flask import Blueprint

bp = Blueprint("catalog", __name__)

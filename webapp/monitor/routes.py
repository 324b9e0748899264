"""Pages of this feature."""

from flask import Blueprint

bp = Blueprint("monitor", __name__)

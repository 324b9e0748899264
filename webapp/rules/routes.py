"""Pages of this feature."""

from flask import Blueprint

bp = Blueprint("rules", __name__)

"""Pages of this feature."""

from flask import Blueprint

bp = Blueprint("dashboard", __name__)

"""Pages of this feature."""

from flask import Blueprint

bp = Blueprint("sales", __name__)

"""Pages of this feature."""

from flask import Blueprint

bp = Blueprint("store", __name__)

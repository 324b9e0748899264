"""The blueprint that the pages of views and exports share."""

from flask import Blueprint

bp = Blueprint("views", __name__)

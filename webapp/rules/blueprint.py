"""The blueprint that the pages of rules share; `webapp.rules.routes` gathers them."""

from flask import Blueprint

bp = Blueprint("rules", __name__)

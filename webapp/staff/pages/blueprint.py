"""The blueprint that the staff pages share; `webapp.staff.routes` gathers them."""

from flask import Blueprint

bp = Blueprint("staff", __name__)

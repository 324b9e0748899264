"""The blueprint that the pages of packing slips share."""

from flask import Blueprint

bp = Blueprint("parcels", __name__)

"""The sandbox authority's memory, in a table of its own that the shop's code never reads."""

from sqlalchemy import select

from webapp.extensions import db
from webapp.store.models import SandboxNote

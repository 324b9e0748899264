"""The web libraries that every page shares, made once and bound to the app in `create_app`."""

from flask_babel import Babel
from flask_compress import Compress
from flask_wtf import CSRFProtect
from htmx_flask import Htmx

csrf = CSRFProtect()
babel = Babel()
htmx = Htmx()
compress = Compress()

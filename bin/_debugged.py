"""The web process of bin/dev: `python -m _debugged HOST PORT`. Errors are shown in the browser, a
program that cannot be read as well."""

import importlib
import os
import sys
import traceback

from werkzeug.serving import run_simple


def serve(host: str, port: int) -> None:
    os.environ["FLASK_DEBUG"] = "1"
    run_simple(host, port, the_app(), threaded=True, use_debugger=True)


def the_app():
    try:
        return importlib.import_module("wsgi").app
    except Exception as error:
        traceback.print_exc()
        return _telling(error)


def _telling(error: Exception):
    def app(_environ, _start_response):
        raise error

    return app


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))

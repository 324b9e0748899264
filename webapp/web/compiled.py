"""Templates stay compiled, as Python's own files do and beside them: to compile all of them takes a
process two seconds."""

import contextlib
import importlib.util
import sys
from pathlib import Path

import jinja2
from flask import Flask
from jinja2.bccache import Bucket


class CompiledTemplates(jinja2.FileSystemBytecodeCache):
    """Where nothing can be written, each process compiles for itself."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def keep_compiled(app: Flask) -> None:
    """To be called once the extensions of the templates are known: a compiled file tells by itself
    what it was compiled of, not how."""
    if sys.dont_write_bytecode:
        return
    jinja = app.jinja_env
    how = (jinja2.__version__, jinja.trim_blocks, jinja.lstrip_blocks, *sorted(jinja.extensions))
    name = f"templates-{jinja2.BytecodeCache().get_source_checksum(repr(how))[:12]}"
    folder = Path(importlib.util.cache_from_source(__file__)).with_name(name)
    with contextlib.suppress(OSError):
        folder.mkdir(exist_ok=True)
        jinja.bytecode_cache = CompiledTemplates(str(folder))

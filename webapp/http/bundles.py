"""Files of static/ that every page needs, sent as one: twenty answers take a browser a tenth
longer than two."""

from io import BytesIO
from pathlib import Path
from zlib import crc32

from flask import Flask, Response, send_file

# By name what a bundle is made of, and how each stands in it: a script has its "use strict" for
# itself.
_BUNDLES = {
    "css/page.css": (
        "css",
        "base layout controls blocks tables charts invoice rules monitor slip mail print",
        "{}\n",
    ),
    "js/page.js": (
        "js",
        "app session drafts leaving live presence palette rows",
        "(() => {{\n{}\n}})();\n",
    ),
}


def set_up(app: Flask) -> None:
    folder = Path(app.static_folder or "")

    def static(filename: str) -> Response:
        if filename not in _BUNDLES:
            return app.send_static_file(filename)
        kind, names, frame = _BUNDLES[filename]
        files = [folder / kind / f"{name}.{kind}" for name in names.split()]
        whole = "".join(frame.format(file.read_text()) for file in files).encode()
        return send_file(
            BytesIO(whole),
            download_name=filename,
            etag=f"{crc32(whole):x}",
            last_modified=max(file.stat().st_mtime for file in files),
        )

    app.view_functions["static"] = static

"""The DANFE: the note on paper."""

import subprocess
import sys


def danfe(nfe_proc: bytes) -> bytes:
    """The PDF of an `nfeProc`. It costs a hundred times the XML: make it when first asked for, and
    keep it.

    Made by a process of its own, alone with this file: fonts and images would stay with a web
    process for life.
    """
    made = subprocess.run(
        [sys.executable, "-I", __file__],
        input=nfe_proc,
        capture_output=True,
        timeout=30,
        check=True,
    )
    return made.stdout


if __name__ == "__main__":
    from brazilfiscalreport.danfe import Danfe

    sys.stdout.buffer.write(bytes(Danfe(xml=sys.stdin.buffer.read().decode()).output()))

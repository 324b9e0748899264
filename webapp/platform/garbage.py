"""Reading the program without looking for garbage meanwhile: nothing of it ever is, and each look
goes through all that was read, a tenth of what each command takes to begin."""

import gc

_was_looked_for = gc.isenabled()
gc.disable()


def look_again() -> None:
    """Once the program is read, and never through what was read; unless whoever reads it looks for
    none either."""
    if _was_looked_for:
        gc.freeze()
        gc.enable()

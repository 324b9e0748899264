"""Ends processes whose supervisor was killed with no chance to do so (kill -9, out of memory).

Its standard input is a pipe that only the supervisor writes to: `+PID` for a process started,
`-PID` for one that ended. The pipe's end is the supervisor's end. It also keeps the lock of
DATA_DIR open, so that nothing starts there before everything of the old run is gone, and then
removes the file it is given, which tells of what ran.
"""

import signal
import sys
from pathlib import Path

from _sessions import end_sessions

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
running = set()
for line in sys.stdin:
    if line.startswith("+"):
        running.add(int(line[1:]))
    elif line.startswith("-"):
        running.discard(int(line[1:]))
if running:
    end_sessions(running, 5)
for file in sys.argv[1:]:
    Path(file).unlink(missing_ok=True)

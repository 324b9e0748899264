"""An IMAP server on loopback with one folder, as much of RFC 3501 as reading a mailbox takes."""

import re
import threading
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer

_SEARCH = re.compile(r"UID ([0-9]+):\* SINCE \S+ HEADER (\S+) (\S+)")


class Folder:
    """`letters` by their numbers; `validity` changes where they were numbered anew. `password` is
    what it takes, `asked` each command that came."""

    def __init__(self):
        self.port = 0
        self.empty()

    def empty(self) -> None:
        self.letters: dict[int, bytes] = {}
        self.validity, self.password, self.asked = 7, "secret", []

    def add(self, content: bytes) -> int:
        number = max(self.letters, default=0) + 1
        self.letters[number] = content
        return number

    @property
    def url(self) -> str:
        return f"imap://shop%40example.com:secret@127.0.0.1:{self.port}/INBOX"

    def answers(self, command: str) -> tuple[list[bytes], str]:
        """Untagged lines, and how it ended."""
        name = re.sub(r"^UID ", "UID-", command).split()[0].upper()
        if name == "CAPABILITY":
            return [b"CAPABILITY IMAP4rev1"], "OK"
        if name == "LOGIN":
            return [], "OK" if self.password in command else "NO"
        if name == "EXAMINE":
            there = len(self.letters)
            said = [f"{there} EXISTS", f"OK [UIDVALIDITY {self.validity}] valid"]
            return [each.encode() for each in said], "OK" if "INBOX" in command else "NO"
        if name == "UID-SEARCH":
            return [b"SEARCH " + " ".join(map(str, self.found(command))).encode()], "OK"
        if name == "UID-FETCH":
            number = int(command.split()[2])
            most = int(re.search(r"<0\.([0-9]+)>", command)[1])
            content = self.letters[number][:most]
            head = f"1 FETCH (UID {number} BODY[]<0> {{{len(content)}}}\r\n".encode()
            return [head + content + b")"], "OK"
        return ([b"BYE"], "OK") if name == "LOGOUT" else ([], "BAD")

    def found(self, command: str) -> list[int]:
        begin, header, text = _SEARCH.search(command).groups()
        begin = min(int(begin), max(self.letters, default=0))
        held = re.compile(rf"^{header}:.*{text}".encode(), re.IGNORECASE | re.MULTILINE)
        heads = {uid: letter.partition(b"\r\n\r\n")[0] for uid, letter in self.letters.items()}
        return [uid for uid, head in heads.items() if uid >= begin and held.search(head)]


class _Talk(StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, _space, command = line.decode().strip().partition(" ")
            self.server.folder.asked.append(command)
            said, ended = self.server.folder.answers(command)
            for each in said:
                self.wfile.write(b"* " + each + b"\r\n")
            self.wfile.write(f"{tag} {ended} done\r\n".encode())
            if command == "LOGOUT":
                return


@contextmanager
def imap_server():
    """A `Folder` while its server runs."""
    with ThreadingTCPServer(("127.0.0.1", 0), _Talk) as server:
        server.daemon_threads = True
        server.folder = folder = Folder()
        folder.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield folder
        server.shutdown()
        thread.join()

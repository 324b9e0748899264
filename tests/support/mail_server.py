"""A real SMTP server on loopback that keeps what it is sent."""

import asyncio
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP


class Inbox:
    """`refuse`: what the server says to a recipient that holds the key. `pause`: seconds before it
    takes a message."""

    def __init__(self):
        self.port = 0
        self.empty()

    def empty(self) -> None:
        self.letters, self.refuse, self.pause = [], {}, 0

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        for part, answer in self.refuse.items():
            if part in address:
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(self.pause)
        letter = message_from_bytes(envelope.content, policy=policy.SMTP)
        letter.envelope = (envelope.mail_from, tuple(envelope.rcpt_tos))
        self.letters.append(letter)
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def mail_server():
    """An `Inbox` while its server runs, in a thread with a loop of its own."""
    inbox, ready = Inbox(), threading.Event()
    loop = asyncio.new_event_loop()

    async def serve():
        server = await loop.create_server(
            lambda: SMTP(inbox, hostname="localhost", loop=loop), "127.0.0.1", 0
        )
        inbox.port = server.sockets[0].getsockname()[1]
        ready.set()
        return server

    def run():
        server = loop.run_until_complete(serve())
        loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(5)
    try:
        yield inbox
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)

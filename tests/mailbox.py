"""A mail server in this process, which keeps what it takes and refuses what it is told to."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "seawall", "mail-s3cret-0123456789"


class Mailbox:
    """What arrived, with its recipients; `answers` are given instead of taking mail, one each.

    A key of `refuses` is `RCPT`, `MAIL`, `DATA`, or what is `DROPPED`: taken, but never answered.
    """

    DROPPED = "dropped"

    def __init__(self) -> None:
        self.taken: list[tuple[EmailMessage, list[str]]] = []
        self.refuses: dict[str, str] = {}

    @property
    def mails(self) -> list[EmailMessage]:
        return [mail for mail, _ in self.taken]

    def clear(self) -> None:
        self.taken.clear()
        self.refuses.clear()

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.refuses.get("MAIL", "250 ok")

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        if "RCPT" in self.refuses:
            return self.refuses["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "DATA" in self.refuses:
            return self.refuses["DATA"]
        content = envelope.content
        assert isinstance(content, bytes)
        mail: Any = message_from_bytes(content, policy=default)
        self.taken.append((mail, list(envelope.rcpt_tos)))
        if self.DROPPED in self.refuses and server.transport:
            server.transport.abort()
        return "250 ok"


def _authenticated(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, said: object
) -> AuthResult:
    assert isinstance(said, LoginPassword)
    known = (said.login, said.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


@contextmanager
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """A mailbox, and the port on which it takes mail without TLS, from anybody or from USER."""
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    controller = Controller(
        box, "127.0.0.1", port, authenticator=_authenticated, auth_require_tls=False
    )
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()

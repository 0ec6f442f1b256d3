"""E-mail over SMTP, with TLS before anything is said; never the whole of a P1 stage.

RFC 5321 (replies: 4yz try again, 5yz never), RFC 3207 (STARTTLS), RFC 8314 (TLS from the first byte).
"""

from __future__ import annotations

import asyncio
import re
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from typing import Final

from notify.channel import Failed, Kind, Message, Outcome, Reason, Sent, Uncertain
from notify.registered import reference_of
from notify.templates import mail_of

#: A relay of one's own answers within a second; each single answer may take so long.
ANSWER_S: Final = 10.0
ADDRESS_CHARACTERS_MOST: Final = 254
#: Plain, without quotes, spaces or line ends: nothing here can begin a header of its own.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


class Security(StrEnum):
    """How the connection is made private; there is no way without."""

    STARTTLS = "starttls"
    TLS = "tls"


def is_address(text: str) -> bool:
    """Whether mail can go there: one plain address, and nothing that could become a header or a second recipient."""
    return len(text) <= ADDRESS_CHARACTERS_MOST and _ADDRESS.fullmatch(text) is not None and ".." not in text


@dataclass(frozen=True, kw_only=True, slots=True)
class Email:
    """One relay and one sender."""

    name: str
    host: str
    port: int
    security: Security
    sender: str
    username: str | None
    password: str | None = field(repr=False)
    context: ssl.SSLContext = field(repr=False)
    answer_s: float = ANSWER_S
    per_minute_most: int = 60
    reserve_p1: int = 10
    kind: Kind = Kind.EMAIL

    async def send(self, message: Message) -> Outcome:
        """Hand one mail to the relay, in a thread of its own: the library of the language blocks."""
        if not is_address(message.to):
            return Failed(reason=Reason.ADDRESS_WRONG, retry_helps=False)
        return await asyncio.to_thread(self._hand_over, message)

    def _hand_over(self, message: Message) -> Outcome:
        try:
            relay = self._connected()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return _before(error)
        try:
            return self._spoken(relay, message)
        finally:
            # No QUIT: waiting for its answer could only turn a mail that was sent into a failure.
            relay.close()

    def _connected(self) -> smtplib.SMTP:
        if self.security is Security.TLS:
            return smtplib.SMTP_SSL(
                self.host, self.port, local_hostname=self._domain, timeout=self.answer_s, context=self.context
            )
        return smtplib.SMTP(self.host, self.port, local_hostname=self._domain, timeout=self.answer_s)

    @property
    def _domain(self) -> str:
        # Given, because the library would ask the name service for it and wait.
        return self.sender.rpartition("@")[2]

    def _spoken(self, relay: smtplib.SMTP, message: Message) -> Outcome:
        try:
            self._introduced(relay)
            _expect(relay.mail(self.sender), Reason.REFUSED)
            _expect(relay.rcpt(message.to), Reason.ADDRESS_WRONG)
        except _Refusal as refusal:
            return refusal.outcome
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return _before(error)
        return self._data(relay, message)

    def _introduced(self, relay: smtplib.SMTP) -> None:
        relay.ehlo_or_helo_if_needed()
        if self.security is Security.STARTTLS:
            # Raises where the relay offers none: without it, the password and every mail could be read on the way.
            relay.starttls(context=self.context)
            relay.ehlo()
        if self.username is not None:
            relay.login(self.username, self.password or "")

    def _data(self, relay: smtplib.SMTP, message: Message) -> Outcome:
        try:
            code, _ = relay.data(self._mail(message))
        except smtplib.SMTPDataError as error:
            # Refused before the mail itself was said.
            return _refused(error.smtp_code, Reason.REFUSED)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            # The whole mail was on its way, and nothing came back.
            return Uncertain(reason=Reason.ANSWER_LOST, detail=type(error).__name__)
        if code in range(400, 600):
            return _refused(code, Reason.REFUSED)
        if code not in range(200, 300):
            return Uncertain(reason=Reason.ANSWER_UNREADABLE, detail="smtp")
        return Sent(reference=reference_of(message.id))

    def _mail(self, message: Message) -> bytes:
        subject, body = mail_of(message)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.sender, message.to, subject
        mail["Message-ID"] = f"<{reference_of(message.id)}.{self.sender}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no robot answers a robot
        mail.set_content(body, cte="base64")
        return mail.as_bytes()


class _Refusal(Exception):
    """The relay said no to one step; carries what it means."""

    def __init__(self, outcome: Failed) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


def _expect(reply: tuple[int, bytes], reason: Reason) -> None:
    if reply[0] not in range(200, 300):
        raise _Refusal(_refused(reply[0], reason))


def _refused(code: int, reason: Reason) -> Failed:
    if code in range(400, 500):
        return Failed(reason=Reason.PROVIDER_DOWN, retry_helps=True, detail=f"smtp_{code}")
    if code not in range(500, 600):
        return Failed(reason=Reason.ANSWER_UNREADABLE, retry_helps=True, detail="smtp")
    return Failed(reason=reason, retry_helps=False, detail=f"smtp_{code}")


def _before(error: Exception) -> Failed:
    """What went wrong before a mail was begun: nothing was sent."""
    if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(error.__context__, TimeoutError):
        # The library says "closed" of a relay that went silent.
        return Failed(reason=Reason.TIMED_OUT, retry_helps=True)
    match error:
        case smtplib.SMTPAuthenticationError() | smtplib.SMTPNotSupportedError():
            return Failed(reason=Reason.ACCOUNT, retry_helps=False, detail=type(error).__name__)
        case smtplib.SMTPResponseException():
            return _refused(error.smtp_code, Reason.REFUSED)
        case ssl.SSLError():
            return Failed(reason=Reason.CERTIFICATE, retry_helps=False)
        case TimeoutError():
            return Failed(reason=Reason.TIMED_OUT, retry_helps=True)
        case _:
            return Failed(reason=Reason.UNREACHED, retry_helps=True, detail=type(error).__name__)

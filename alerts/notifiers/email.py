"""E-mail by SMTP: what matters of an incident, with its chart, in one thread; notices to people."""

import asyncio
import hashlib
import json
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Annotated, Any, Literal

import aiosmtplib
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts import languages, wording
from alerts.briefings import picture, statements
from alerts.briefings.briefing import Briefing
from alerts.briefings.news import news
from alerts.duty.notices import Notice
from alerts.hiding import without_secrets
from alerts.incidents.incident import Reason, State
from alerts.instants import Instant
from alerts.notifiers import Act, Notification, NotifierError, NotNews, Places
from alerts.plain_text import shortened, visible
from alerts.secret import Secret

URGENT = frozenset({Reason.OPENED, Reason.REOPENED, Reason.ESCALATED, Reason.CALLING})
MAILED = URGENT | {
    *(Reason.EXTENDED, Reason.ILLUSTRATED, Reason.RATED, Reason.RENEWED, Reason.RESOLVED),
    *(Reason.ACKNOWLEDGED, Reason.DECLINED, Reason.MITIGATED, Reason.KEPT_SILENT, Reason.JUDGED),
    *(Reason.MERGED, Reason.SPLIT, Reason.UNDONE),
}
"""What is worth a mail; the rest is read where messages are updated in place."""

_ADDRESS = r"^[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9.-]+$"
_PATIENCE_S = 25.0
_LATER_S = 60.0
_LONGEST_SUBJECT, _LONGEST_POST, _ANSWER = 150, 400, 200
_TEST = "This is a test of Seawall's mails to this address. Nothing has happened."
_CHART = "chart@seawall"


class Options(BaseModel):
    """Options of the e-mail notifier."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    host: str = Field(
        pattern=r"^[A-Za-z0-9._:-]+$",
        description="The server that takes the mail.",
        examples=["smtp.example.com"],
    )
    port: int = Field(587, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="`starttls` (usually port 587), `tls` from the first byte (465), or `none`: "
        "only for a server on this machine. What is asked for is never done without.",
    )
    user: str | None = Field(None, description="Whom to sign in as; nobody where it is left out.")
    password: Secret | None = Field(
        None, description="Where the user's password is kept.", examples=[{"env": "SMTP_PASSWORD"}]
    )
    sender: str = Field(
        alias="from",
        pattern=_ADDRESS,
        description="The address that mails come from.",
        examples=["seawall@example.com"],
    )
    to: tuple[Annotated[str, Field(pattern=_ADDRESS)], ...] = Field(
        min_length=1,
        description="Who gets the mails about incidents: addresses, of a list for example. Mails "
        "to a person on duty go to the person's own.",
        examples=[["care-leads@example.com"]],
    )

    @model_validator(mode="after")
    def _user_and_password(self) -> "Options":
        if (self.user is None) != (self.password is None):
            raise ValueError("`user` and `password` belong together: give both, or neither")
        return self


class EmailNotifier:
    """Mails by way of one server; what is mailed again has the same Message-ID.

    Nobody can look into a mailbox whether a mail arrived: after a lost answer it is sent again, and
    most servers and programs show a Message-ID once.
    """

    replaces = False

    def __init__(self, name: str, options: Options, password: str | None, places: Places) -> None:
        self.name = name
        self._options, self._password, self._places = options, password, places

    async def send(self, notification: Notification) -> str:
        """Mail a revision that matters; the subject of its thread, as JSON."""
        briefing = notification.briefing
        if briefing.reason not in MAILED and not notification.first:
            raise NotNews
        subject = _subject_of(notification.receipt)
        anew = subject is None or briefing.reason in URGENT
        if subject is None or anew:
            subject = f"{statements.tag(briefing).upper()}: {briefing.headline}"
        shown = subject if anew else f"Re: {subject}"
        chart = await asyncio.to_thread(_drawn, briefing)
        words = briefing_words(briefing, self._places, chart=chart is not None)
        mail = self._mail(notification.key, shown, briefing.at, self._options.to, words)
        self._thread(mail, notification.incident)
        if anew and briefing.calls:
            mail["Importance"] = "high"
        _attach(mail, chart)
        await self._post(mail, self._options.to)
        return json.dumps({"subject": subject}, ensure_ascii=False)

    async def notify(
        self,
        notice: Notice,
        *,
        address: str | None,
        thread: str | None,  # noqa: ARG002 - an incident's thread is known by its id
        uncertain: bool,  # noqa: ARG002 - what is sent again has the same Message-ID
    ) -> None:
        """Mail a notice to a person, or to everybody here."""
        if address and not re.fullmatch(_ADDRESS, address):
            raise NotifierError(f"{visible(address)} is no address for mail", permanent=True)
        to = (address,) if address else self._options.to
        words = _notice_words(notice, self._places)
        mail = self._mail(f"{notice.id} {address or ''}", notice.title, notice.at, to, words)
        if notice.attachment:
            file = notice.attachment
            mail.add_attachment(file.content, subtype="html", filename=file.name)
        if notice.incident:
            self._thread(mail, notice.incident)
        if notice.urgent:
            mail["Importance"] = "high"
        await self._post(mail, to, personal=address is not None)

    async def amend(self, _notice: Notice, _receipt: str) -> str:
        """What was mailed stays as it was."""
        raise NotNews

    async def listen(self, act: Act) -> None:
        """Nothing comes back by mail."""

    async def check(self) -> str:
        """Whether the server is there, and lets us in. Raises NotifierError."""

        async def nothing(_server: aiosmtplib.SMTP) -> None:
            pass

        await self._through(nothing)
        return f"E-mail: {self._server} takes mail from {self._options.sender}"

    async def test(self) -> None:
        """Mail that this is a test. Raises NotifierError."""
        mail = EmailMessage(policy=SMTP)
        mail["Subject"], mail["From"] = "A test of Seawall", self._options.sender
        mail["To"] = ", ".join(self._options.to)
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(_TEST)
        await self._post(mail, self._options.to)

    async def close(self) -> None:
        """Nothing is open between mails."""

    @property
    def _server(self) -> str:
        return f"{self._options.host}:{self._options.port}"

    @property
    def _domain(self) -> str:
        return self._options.sender.partition("@")[2]

    def _id(self, key: str) -> str:
        digest = hashlib.blake2b(f"{self.name} {key}".encode(), digest_size=12).hexdigest()
        return f"<seawall.{digest}@{self._domain}>"

    def _mail(
        self, key: str, subject: str, at: Instant, to: Sequence[str], words: dict[str, Any]
    ) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = shortened(visible(subject), _LONGEST_SUBJECT)
        mail["From"], mail["To"] = f"Seawall <{self._options.sender}>", ", ".join(to)
        mail["Date"], mail["Message-ID"] = format_datetime(at), self._id(key)
        mail["Auto-Submitted"] = "auto-generated"
        mail["List-Id"] = f"Seawall <{_slug(self.name)}.seawall.{self._domain}>"
        mail.set_content(_TEMPLATES.get_template("email.txt").render(words), cte="quoted-printable")
        html = _TEMPLATES.get_template("email.html").render(words)
        mail.add_alternative(html, subtype="html", cte="quoted-printable")
        return mail

    def _thread(self, mail: EmailMessage, incident: str) -> None:
        """All mails about an incident name the same first one, which need not exist."""
        mail["In-Reply-To"] = mail["References"] = self._id(incident)

    async def _post(self, mail: EmailMessage, to: Sequence[str], *, personal: bool = False) -> None:
        async def posted(server: aiosmtplib.SMTP) -> None:
            await server.send_message(mail, sender=self._options.sender, recipients=list(to))

        await self._through(posted, personal=personal)

    async def _through(
        self, work: Callable[[aiosmtplib.SMTP], Awaitable[None]], *, personal: bool = False
    ) -> None:
        """Do something with the server. Raises NotifierError."""
        server = aiosmtplib.SMTP(
            hostname=self._options.host,
            port=self._options.port,
            username=self._options.user,
            password=self._password,
            use_tls=self._options.security == "tls",
            start_tls=self._options.security == "starttls",
            timeout=_PATIENCE_S / 2,
        )
        try:
            async with asyncio.timeout(_PATIENCE_S), server:
                await work(server)
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, TimeoutError) as problem:
            raise self._refused(problem, personal) from None

    def _refused(self, problem: Exception, personal: bool) -> NotifierError:
        """What the server said, and whether it will say so again.

        A 5 is for good where it is about this mail or this person; one about who we are, or about
        everybody here, is something that somebody can change.
        """
        if isinstance(problem, aiosmtplib.SMTPRecipientsRefused):
            worst = min(problem.recipients, key=lambda one: one.code)
            lasting = personal and worst.code >= _FOR_GOOD
            return self._error(f"answers {worst.code}: {worst.message}", lasting, _LATER_S)
        if isinstance(problem, aiosmtplib.SMTPDataError):
            lasting = problem.code >= _FOR_GOOD
            return self._error(f"answers {problem.code}: {problem.message}", lasting, _LATER_S)
        if isinstance(problem, aiosmtplib.SMTPResponseException):
            return self._error(f"answers {problem.code}: {problem.message}", False, _LATER_S)
        if isinstance(problem, TimeoutError):
            return self._error("does not answer in time")
        if isinstance(problem, aiosmtplib.SMTPNotSupported | ssl.SSLError):
            return self._error(f"{problem}", False, _LATER_S)
        return self._error(f"cannot be reached: {problem}")

    def _error(
        self, said: str, permanent: bool = False, retry_after: float | None = None
    ) -> NotifierError:
        said = shortened(visible(without_secrets(said)), _ANSWER)
        wait = None if permanent else retry_after
        return NotifierError(f"{self._server}: {said}", permanent=permanent, retry_after=wait)


def build(options: Options, *, name: str, places: Places) -> EmailNotifier:
    """A notifier for a mail server. Raises SecretMissing."""
    password = options.password.read() if options.password else None
    return EmailNotifier(name, options, password, places)


_FOR_GOOD = 500
_TEMPLATES = Environment(
    loader=PackageLoader("alerts.notifiers"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    finalize=lambda value: visible(value) if isinstance(value, str) else value,
)


def _subject_of(receipt: str | None) -> str | None:
    """The subject under which an incident's mails are read, if there was one before."""
    try:
        return str(json.loads(receipt or "")["subject"])
    except (ValueError, KeyError, TypeError):
        return None


def briefing_words(briefing: Briefing, places: Places, *, chart: bool) -> dict[str, Any]:
    """What the templates say of a revision."""
    at = wording.moment(briefing.at, briefing.timezone)
    opened, facts = briefing.reason is Reason.OPENED, statements.facts(briefing)
    examples = [
        (shortened(one.text, _LONGEST_POST), statements.source(one, briefing), one.url)
        for one in briefing.examples
    ]
    replies = {languages.name(one): said for one, said in briefing.holding_messages.items()}
    return {
        "tag": statements.heading(briefing).upper(),
        "headline": briefing.headline,
        "happened": "" if opened else f"{news(briefing)}, {at}",
        "lines": (),
        "facts": {label: "; ".join(said.split("\n")) for label, said in facts.items()},
        "examples": examples,
        "replies": replies,
        "chart": _CHART if chart else "",
        "incident": briefing.incident,
        **_ways(places, briefing.incident, to_take=briefing.state is State.OPEN),
    }


def _notice_words(notice: Notice, places: Places) -> dict[str, Any]:
    """What the templates say of a notice."""
    return {
        "tag": "",
        "headline": notice.title,
        "happened": "",
        "lines": notice.lines,
        "facts": {},
        "examples": (),
        "replies": {},
        "chart": "",
        "incident": notice.incident or "",
        **_ways(places, notice.incident, to_take=bool(notice.actions)),
    }


def _ways(places: Places, incident: str | None, *, to_take: bool) -> dict[str, str]:
    """Where to look at an incident, and how to take it in hand."""
    if incident is None:
        return {"page": places.origin or "", "command": ""}
    page = (places.page or "").replace("{incident}", incident)
    command = places.command.replace("{incident}", incident) if to_take else ""
    return {"page": page, "command": command}


def _drawn(briefing: Briefing) -> bytes | None:
    return picture.png(briefing) if briefing.chart.observed else None


def _attach(mail: EmailMessage, chart: bytes | None) -> None:
    """Put the picture beside the HTML that shows it."""
    if chart is not None:
        html = mail.get_payload(1)
        html.add_related(chart, "image", "png", cid=f"<{_CHART}>", filename="chart.png")  # type: ignore[union-attr]


def _slug(name: str) -> str:
    return "".join(one if one.isascii() and one.isalnum() else "-" for one in name.lower())

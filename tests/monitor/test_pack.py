"""The offline pack: whom to call and what may be said, on a phone, when nothing else works."""

import asyncio
import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.duty.notices import Notice
from alerts.notifiers import NotifierError, Places
from alerts.notifiers.email import Options, build
from alerts.words.approval import Role
from monitor.configuration import Configuration, loads
from monitor.daemon.discreet import Discreet
from monitor.pack import contents, holes, mailing, page, words
from monitor.staffing import duty
from monitor.store import Database, messages
from monitor.store.schema import notice
from tests.alerts import scenes
from tests.mailbox import mailbox
from tests.monitor.command_line import in_process
from tests.service import new_database, tell

NOW = datetime(2026, 11, 21, 16, 59, tzinfo=UTC)  # Saturday, 17:59 in Oslo; Kari's week
WRITTEN = """
timezone: Europe/Oslo
languages: [en, de]
brands:
  fjordwing:
    name: Fjordwing & Co
    terms: [fjordwing]
    facts: {report_url: "https://fjordwing.example/bags"}
topics: {booking: {name: Booking, situation: booking, terms: [booking]}}
notify:
  - {kind: terminal}
  - {kind: email, host: localhost, security: none, from: s@a.example, to: [a@a.example]}
people:
  kari:
    {name: Kari Nygård, phone: +47 5550 0101, email: kari@a.example, timezone: Europe/London,
     reach: [email]}
  ola: {name: Ola Berg, phone: +47 5550 0102, email: ola@a.example, reach: [email]}
  nora: {name: Nora Lie, phone: "004755500103", reach: [terminal], rights: [act, lead]}
  per: {name: Per Dahl, email: per@a.example}
teams:
  care:
    name: Customer care
    people: [kari, ola, nora]
    channel: [terminal]
    on_call: {people: [kari, ola], from: 2026-11-16T09:00, every: 7d}
    ladder: [{after: 10m, to: [leads]}]
  content: {name: Content, people: [per], channel: [terminal], pause_from: major}
duty_list:
  - {function: Operations control, phone: +47 5550 0100, note: day and night}
  - {function: Legal <script>alert(1)</script>, name: Marte}
words: {approve: {de: [kari]}, legal: [nora], confirm: {flights: [ola]}}
"""
CONFIGURED = loads(WRITTEN)


@pytest.fixture
def approved(database: Database) -> Database:
    """A store in which all of English was approved in advance, and of German half of it."""
    seal(database, "en", Role.LANGUAGE, Role.LEGAL)
    seal(database, "de", Role.LANGUAGE)
    return database


def seal(database: Database, language: str, *roles: Role) -> None:
    spoken = [one for one in speakers() if one.language == language]
    with database.write() as connection:
        for role in roles:
            messages.put_seals(connection, [*words.templates(spoken)], role, "Nora Lie", NOW)


def speakers() -> list[words.Speaker]:
    return contents.speakers(CONFIGURED, [*CONFIGURED.brands.values()])


def made(database: Database, team: str | None = "care", zone: str = "") -> contents.Pack:
    with database.read() as connection:
        return contents.pack(connection, CONFIGURED, team, NOW, zone)


def text_of(html: str) -> str:
    """What one reads of a page."""
    said: list[str] = []
    parser = HTMLParser()
    parser.handle_data = said.append  # type: ignore[method-assign]
    parser.feed(html.partition("<body>")[2])
    return " ".join(" ".join(said).split())


def test_it_has_every_number_to_be_called_with_a_tap(approved: Database) -> None:
    html = page.written(made(approved))
    numbers = re.findall(r'href="tel:([^"]*)"', html)
    assert numbers[:4] == ["+4755500100", "+4755500101", "+4755500102", "004755500103"]
    assert "Legal &lt;script&gt;" in html, "a name is text, whatever it looks like"
    assert text_of(html).count("no number is known") == 1
    of_the_team, of_all = made(approved).people, made(approved, None).people
    assert {one.name for one in of_all} - {one.name for one in of_the_team} == {"Per Dahl"}


def test_whose_turn_it_is_for_two_weeks_on_the_readers_clock(approved: Database) -> None:
    [care] = made(approved, zone="Europe/London").calls
    assert [(turn.who and turn.who.name, turn.since, turn.until) for turn in care.turns] == [
        ("Kari Nygård", "Sat 21 Nov, 16:59 GMT", "Mon 23 Nov, 08:00 GMT"),
        ("Ola Berg", "Mon 23 Nov, 08:00 GMT", "Mon 30 Nov, 08:00 GMT"),
        ("Kari Nygård", "Mon 30 Nov, 08:00 GMT", "Sat 5 Dec, 16:59 GMT"),
    ]
    assert care.ladder[0] == "after 10 min: the leads: Nora Lie"


def test_it_says_only_what_was_approved_by_a_reader_and_by_legal(approved: Database) -> None:
    booking = next(one for one in made(approved).situations if one.id == "booking")
    english, german = booking.spoken
    assert (len(english.texts), english.missing) == (6, ())
    assert german.texts == ()
    assert german.missing == ("seen", "working", "update", "solved", "correction", "follow up")
    working = english.texts[1]
    assert working.lines[2].say == f"Still working: {words.OPEN}What works{words.CLOSE}."
    assert {(room.channel, room.limit) for room in working.rooms} >= {("X", 280), ("Push", 120)}
    html = page.written(made(approved))
    assert "Still working: <mark>What works</mark>." in html
    assert "Fjordwing &amp; Co" in html
    assert words.OPEN not in html
    assert "https://fjordwing.example/bags" in text_of(html), "what is configured is filled in"


def test_every_text_there_is_can_be_shown_for_every_situation() -> None:
    for language in ("en", "de", "sv", "nb", "da", "nl"):
        spoken = [words.Speaker(None, language, True, {})]
        everything = words.told(spoken, words.templates(spoken))
        assert all(each.spoken[0].texts and not each.spoken[0].missing for each in everything)
        rooms = [room for one in everything for text in one.spoken[0].texts for room in text.rooms]
        assert all(room.fits for room in rooms), "the needed sentences fit everywhere"


def test_nothing_of_an_incident_or_of_what_customers_write_is_in_it(approved: Database) -> None:
    before = page.written(made(approved))
    tell(approved, scenes.incident(), scenes.briefing())
    assert page.written(made(approved)) == before
    assert "7*7" not in before


def attended(database: Database, at: datetime, configuration: Configuration = CONFIGURED) -> int:
    with database.write() as connection:
        return mailing.attend(connection, configuration, at)


def mailed(database: Database) -> dict[str, str]:
    with database.read() as connection:
        rows = connection.execute(select(notice.c.id, notice.c.address).order_by(notice.c.id))
        return {id: address for id, address in rows if id.startswith("pack/")}


def test_every_evening_it_is_mailed_once_to_those_who_may_need_it(database: Database) -> None:
    assert attended(database, NOW) == 0, "Friday's is too old, Saturday's is not due"
    evening = NOW + timedelta(minutes=1)
    assert [attended(database, evening + timedelta(minutes=n)) for n in (0, 1, 600)] == [2, 0, 0]
    assert mailed(database) == {
        "pack/care/20261121T170000Z/kari": "kari@a.example",
        "pack/care/20261121T170000Z/ola": "ola@a.example",
    }, "on call, and next; Nora has no address"
    assert attended(database, evening + timedelta(days=1)) == 2
    silent = loads(f"{WRITTEN}\npack: {{mail: false}}\n")
    assert attended(database, evening + timedelta(days=2), silent) == 0
    with database.write() as connection:
        duty.attend(connection, CONFIGURED, evening + timedelta(days=3))
    assert len(mailed(database)) == 6, "the daemon sees to it with everything else"


def test_what_is_mailed_is_made_as_it_is_sent(approved: Database) -> None:
    attended(approved, NOW + timedelta(minutes=1))
    with approved.read() as connection:
        stored = connection.scalar(select(notice.c.content).where(notice.c.id.endswith("/kari")))
    waiting = Notice.from_json(stored or "")
    assert waiting.attachment
    assert waiting.attachment.content == "", "what waits holds no numbers"

    def attached(one: Notice) -> Notice:
        return mailing.attached(approved, CONFIGURED, one)

    with mailbox() as (box, port):
        options = Options.model_validate(
            {"host": "127.0.0.1", "port": port, "security": "none"}
            | {"from": "s@a.example", "to": ["a@a.example"]}
        )
        places = Places(command="", page=None)
        notifier = Discreet(build(options, name="email", places=places), CONFIGURED, attached)
        asyncio.run(
            notifier.notify(waiting, address="kari@a.example", thread=None, uncertain=False)
        )
    [(mail, to)] = box.taken
    assert to == ["kari@a.example"]
    assert mail["Subject"] == "Customer care: the offline pack of Sat 21 Nov, 17:00 GMT"
    [file] = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("offline-pack-care.html", "text/html")
    assert "Made Sat 21 Nov, 17:00 GMT" in text_of(file.get_content())


def test_the_pack_of_a_team_that_is_gone_is_given_up_and_holds_up_nothing(
    database: Database,
) -> None:
    attended(database, NOW + timedelta(minutes=1))
    with database.read() as connection:
        waiting = Notice.from_json(connection.scalar(select(notice.c.content).limit(1)) or "")
    gone = loads(WRITTEN.replace("  care:", "  desk:"))
    with pytest.raises(NotifierError, match="there is no team 'care'") as raised:
        mailing.attached(database, gone, waiting)
    assert raised.value.permanent


def warned(*lines: str) -> list[str]:
    return list(holes.of_people(loads("\n".join([WRITTEN, *lines])), NOW))


def test_it_is_said_what_one_would_look_for_in_vain(approved: Database) -> None:
    [unmailed] = holes.of_people(CONFIGURED, NOW)
    assert unmailed.startswith("the offline pack is not mailed to Nora Lie: add `email:`")
    silent = loads(re.sub(r"phone: [^,]*, ", "", WRITTEN))
    numbers, duty_list, _ = holes.of_people(silent, NOW)
    assert "has no number of Kari Nygård, Ola Berg, Nora Lie: add `phone:`" in numbers
    assert "nobody to call elsewhere: add a `duty_list`" in duty_list
    with approved.read() as connection:
        [german] = holes.of_words(connection, CONFIGURED)
    assert "no words in German for any situation: approve them in advance" in german


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "c.yaml").write_text(WRITTEN)
    with closing(new_database(tmp_path / "a.db")) as database:
        seal(database, "en", Role.LANGUAGE, Role.LEGAL)
    return tmp_path


def test_from_a_shell(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seawall = in_process(monkeypatch, capsys)
    where = ("--config", folder / "c.yaml", "--database", f"sqlite:///{folder / 'a.db'}")
    file = folder / "pack.html"
    done = seawall("pack", "--team", "care", "--by", "kari", "--output", file, *where)
    assert done.status == 0, done.err
    assert "is written; it is good until" in done.out
    assert "no words in German" in done.err
    assert "All times are those of Europe/London" in file.read_text("utf-8")
    unknown = seawall("pack", "--team", "pilots", *where)
    assert (unknown.status, unknown.err.count("there are: care, content")) == (1, 1)

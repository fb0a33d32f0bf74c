"""What we post that nobody approved: told while promotions are to be paused, or an alarm."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.duty.notices import Notice, Purpose
from alerts.incidents.incident import Incident, Kind, Reason, Severity, State
from alerts.incidents.steps import Deed, Step
from alerts.posts import Post
from alerts.words.approval import Approval, Message, MessageState, Role, Way
from alerts.words.phases import Channel, Phase
from monitor.configuration import Configuration, loads
from monitor.configuration.problems import ConfigurationError
from monitor.incidents import deeds
from monitor.incidents.rights import Actor
from monitor.replay import replay
from monitor.reporting.incident import report as incident_report
from monitor.reporting.month import Month, report
from monitor.reporting.month_words import facts
from monitor.sources.delivery import Delivery
from monitor.sources.kinds import push
from monitor.sources.kinds._push_requests import PushedMentions
from monitor.sources.recording import Recording
from monitor.staffing import duty
from monitor.staffing.shifts import matters
from monitor.store import Database, messages, retention, schema, situations, volume
from monitor.telling.loose_ends import loose_ends
from monitor.watch import Watch
from tests.airline import BEGIN, CONFIGURATION, days, delivery, flood, post
from tests.alerts.test_uncounted import NOTHING, told, uncounted
from tests.monitor.words.conftest import BOTH

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FLOOD = BEGIN + 2 * DAY
PEOPLE = """
notify: [{kind: terminal}, {kind: terminal, name: desk}, {kind: terminal, name: content},
  {kind: terminal, name: kari}, {kind: terminal, name: nora}]
people:
  kari: {name: Kari Nygård, reach: [kari], quiet: "22:00-07:00"}
  nora: {name: Nora Lie, rights: [act, lead], reach: [nora]}
teams:
  care: {name: Customer care, people: [kari, nora], channel: [desk],
    service_hours: {mon-fri: "07:00-19:00"}, on_call: {people: [kari], from: 2026-01-05T09:00}}
  content: {name: Content, people: [], channel: [content], pause_from: minor}
"""
SALE = "Summer sale! Half price at https://fjord-sale.com/now, call +47 22 33 44 55"
QUOTED = "“Summer sale! Half price at (a link to fjord-sale[.]com), call •••”"


def written(voice: str = "") -> str:
    ours = f'terms: ["@FjordwingAir"], voice: {{handles: ["@FjordwingAir"]{voice}}}}}'
    return CONFIGURATION.replace('terms: ["@FjordwingAir"]}', ours) + PEOPLE


def configured(voice: str = "") -> Configuration:
    return loads(written(voice))


def ours(at: timedelta, text: str = SALE, **more: str) -> Post:
    url = f"https://x.com/FjordwingAir/status/{at.total_seconds():.0f}"
    return post(FLOOD + at, text, author="fjordwingair", url=url, **more)


def said(database: Database, kind: Reason = Reason.UNAPPROVED) -> list[tuple[str, str]]:
    """What the timelines of incidents say of such posts: the incident's kind, and the note."""
    e, i = schema.event.c, schema.incident.c
    with database.read() as connection:
        rows = connection.execute(
            select(i.kind, e.note)
            .join(schema.incident, i.id == e.incident)
            .where(e.kind == kind)
            .order_by(e.at, e.number)
        )
        return [(row.kind, row.note) for row in rows]


def incidents(database: Database, kind: Kind = Kind.SURGE) -> list[Incident]:
    with database.read() as connection:
        return [one for one in situations.incidents(connection) if one.kind is kind]


def notices(database: Database) -> list[tuple[str, Notice]]:
    """Where it rang, and with what."""
    n = schema.notice.c
    with database.read() as connection:
        rows = connection.execute(select(n.notifier, n.content).order_by(n.at, n.id)).all()
    return [(row.notifier, Notice.from_json(row.content)) for row in rows]


def approve(database: Database, text: str, incident: str, at: timedelta = timedelta()) -> Message:
    """Two people have approved a text for X, as the store keeps it."""
    with database.write() as connection:
        one = Message(
            messages.next_id(connection, incident), incident, "booking", "en", Channel.X,
            Phase.SEEN, text, ("Ida",), FLOOD + at,
        )  # fmt: skip
        by = Approval("Nora Lie", FLOOD + at, Way.FULL, (Role.LANGUAGE,), one.sha256)
        one = replace(one, state=MessageState.APPROVED, approvals=(by,))
        messages.add(connection, one)
        messages.note(connection, one, "Nora Lie", "shell", FLOOD + at)
        return one


class Life:
    """The daemon's writer, on a store in which ordinary days have passed and a flood goes on."""

    def __init__(self, database: Database, configuration: Configuration, *, calm: bool = False):
        self.database, self.configuration = database, configuration
        self.watch = Watch.start(configuration, database, ["x"], ["desk"])
        self.until = BEGIN
        self.sees(timedelta(), days(2))
        if not calm:
            self.sees(20 * MINUTE, flood(FLOOD, 20))

    def sees(
        self, until: timedelta, posts: Sequence[Post] = (), *, deleted: Sequence[Post] = ()
    ) -> list[tuple[Incident, Reason]]:
        """These posts come in, until so long after the flood began; what is due is done."""
        now = FLOOD + until
        came = delivery(posts, self.until, now, ("fjordwing", "otherwing"))
        came = replace(came, deleted=[(one.platform, one.id) for one in deleted])
        news = self.watch.take(came, now=now).news
        self.until = now
        with self.database.write() as connection:
            duty.attend(connection, self.configuration, now)
        return news


def test_a_replay_notes_a_promotion_after_an_alert_and_no_answer_and_rings_nowhere(
    database: Database, tmp_path: Path
) -> None:
    """In the timeline, in what is left to the next shift, and in the month."""
    own = [
        (ours(-5 * MINUTE, "Good morning, Oslo"), ""),
        (ours(15 * MINUTE), ""),
        (ours(16 * MINUTE, "We are on it, sorry"), "8731"),
        (ours(17 * MINUTE, "so are we"), "kari"),
    ]
    rows = [*((one, "8731") for one in [*days(2), *flood(FLOOD, 30)]), *own]
    file = tmp_path / "posts.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["id", "created_at", "text", "author", "url", "reply_to"])
        for one, to in sorted(rows, key=lambda row: row[0].created_at):
            at = one.created_at.isoformat()
            out.writerow([one.id, at, one.text, one.author, one.url or "", to])
    configuration = configured()
    with Recording([file], configuration, now=FLOOD + DAY) as recording:
        assert [*replay(recording, configuration, database)]
    [incident] = incidents(database)
    [(kind, note)] = said(database)
    assert kind == Kind.SURGE
    where = "X, 01:15 CET, https://x.com/FjordwingAir/status/900"
    assert note == f"{where}: {QUOTED}"
    assert notices(database) == []
    with database.read() as connection:
        care = configuration.rosters["care"]
        [matter] = matters(connection, configuration, care, "nora", FLOOD + 31 * MINUTE)
        month = report(connection, configuration, Month.named("2026-03", "UTC"), FLOOD + DAY)
    [line] = [line for line in matter.words if "nobody approved" in line]
    assert QUOTED in line
    [figures] = [dict(facts(team)) for team in month.teams if team.id == "care"]
    assert figures["Promotions after an alert"].startswith("1 ")
    assert incident.id == month.incidents[0].id


def test_those_who_lead_and_those_who_publish_are_told_once_and_not_of_what_was_approved(
    database: Database,
) -> None:
    life = Life(database, configured())
    [incident] = incidents(database)
    assert incident.pause_asked_at == FLOOD + 20 * MINUTE
    approve(database, "We see your messages: https://fjordwing.example/status", incident.id)
    copied = ours(21 * MINUTE, "We see your  messages: https://t.co/a1B2c3")
    sale, early = ours(22 * MINUTE), ours(19 * MINUTE, "Happy Friday!")
    life.sees(23 * MINUTE, [copied, sale, early])
    life.sees(24 * MINUTE, [sale])
    told = [(to, one) for to, one in notices(database) if one.purpose is Purpose.WORDS]
    assert [to for to, _ in told] == ["content", "nora"]
    for _, one in told:
        assert one.title == (
            "Posted on X at 01:22, while promotions should be paused, and nobody approved it here"
        )
        assert one.lines[:2] == (QUOTED, sale.url)
    assert len(said(database)) == 1
    deeds.take(database, incident.id, Deed(Step.PAUSED, "Nora Lie", "page"), FLOOD + 25 * MINUTE)
    again = [ours((25 + n / 10) * MINUTE, f"Again {n}!") for n in range(1, 8)]
    before = len(notices(database))
    life.sees(26 * MINUTE, again)
    since = notices(database)[before:]
    assert len(since) == 2 * 3, "of the first, the second and the fourth"
    assert all("while promotions are paused" in one.title for _, one in since)
    assert len(said(database)) == 8
    with database.read() as connection:
        ends = loose_ends(connection, incident.id, [], "UTC", life.until)
    assert ends[-6] == "3 more like the next, in the timeline"
    assert "Again 7!" in ends[-1]


def test_what_a_brand_posts_by_other_tools_is_nobodys_business_while_it_is_calm(
    database: Database,
) -> None:
    life = Life(database, configured(), calm=True)
    life.sees(5 * MINUTE, [ours(2 * MINUTE)])
    assert (said(database), notices(database), incidents(database, Kind.UNAPPROVED)) == ([], [], [])


def test_where_all_goes_through_seawall_a_post_that_nobody_approved_wakes_somebody_at_night(
    database: Database,
) -> None:
    """From the first approval on: what was posted before, nobody could have approved here."""
    life = Life(database, configured(", unapproved: alarm"))
    [flooded] = incidents(database)
    life.sees(31 * MINUTE, [ours(21 * MINUTE, "before anybody approved anything")])
    assert incidents(database, Kind.UNAPPROVED) == []
    approve(database, "We are on it", flooded.id, 32 * MINUTE)
    before = len(notices(database))
    news = life.sees(40 * MINUTE, [ours(33 * MINUTE, "We are on it"), ours(35 * MINUTE)])
    [one] = incidents(database, Kind.UNAPPROVED)
    assert [reason for it, reason in news if it.id == one.id] == [Reason.OPENED]
    assert (one.severity, one.subject, one.calls) == (Severity.CRITICAL, "X", True)
    rung = [(to, it) for to, it in notices(database)[before:] if it.incident == one.id]
    assert ("kari", Purpose.CALL) in [(to, it.purpose) for to, it in rung]
    with database.read() as connection:
        told = situations.latest_briefing(connection, one.id)
    assert told.headline == "Fjordwing Air: a post of our own on X that nobody approved since 01:35"
    assert (told.situation, told.holding_messages) == ("fakes", {})
    assert [it.text for it in told.examples] == [SALE.replace("+47 22 33 44 55", "•••")]
    news = life.sees(50 * MINUTE, [ours(45 * MINUTE, "Free"), ours(46 * MINUTE, "Free!")])
    assert [reason for it, reason in news if it.id == one.id] == [Reason.GREW]
    assert len(said(database)) == 4, "and each is noted where promotions are to be paused"


@BOTH
def test_a_deletion_is_noted_once_and_the_words_are_forgotten(database: Database) -> None:
    life = Life(database, configured())
    life.sees(23 * MINUTE, [ours(22 * MINUTE)])
    for minute in (24, 25):
        life.sees(minute * MINUTE, deleted=[ours(22 * MINUTE), ours(3 * MINUTE, "unknown")])
    where = "X, 01:22 CET, https://x.com/FjordwingAir/status/1320"
    assert said(database, Reason.TAKEN_DOWN) == [(Kind.SURGE, where)]
    [incident] = incidents(database)
    with database.read() as connection:
        told = situations.latest_briefing(connection, incident.id)
    assert not [line for line in told.loose_ends if "nobody approved" in line]


@BOTH
def test_posts_of_our_own_are_kept_as_long_as_others_and_are_no_mentions(
    database: Database,
) -> None:
    life = Life(database, configured())
    with database.read() as connection:
        before = volume.totals(connection).posts
    life.sees(23 * MINUTE, [ours(22 * MINUTE)])
    [incident] = incidents(database)
    with database.write() as connection:
        assert volume.totals(connection).posts == before + 1
        assert not connection.scalars(
            select(schema.mention.c.post)
            .join(schema.post, schema.post.c.key == schema.mention.c.post)
            .where(schema.post.c.author == "fjordwingair")
        ).all()
    old = FLOOD + 40 * DAY
    deeds.take(database, incident.id, Deed(Step.RESOLVE, "Nora Lie", "page"), FLOOD + HOUR)
    for _ in range(3):
        with database.write() as connection:
            retention.purge(connection, old)
    with database.read() as connection:
        assert volume.totals(connection).posts == 0


@pytest.mark.parametrize("whose", ["competitor", "industry"])
def test_what_others_post_on_their_timelines_is_theirs(database: Database, whose: str) -> None:
    text = CONFIGURATION.replace(
        "name: Otherwing,", f'name: Otherwing, whose: {whose}, voice: {{handles: ["@other"]}},'
    )
    life = Life(database, loads(text + PEOPLE))
    life.sees(23 * MINUTE, [replace(ours(22 * MINUTE), author="other")])
    assert said(database) == []


def test_what_a_source_looks_at_besides_is_counted_nowhere(database: Database) -> None:
    life = Life(database, configured())
    besides = replace(ours(22 * MINUTE, "@FjordwingAir and @Otherwing fly"), reply=False)
    came = Delivery("test", life.until + 5 * MINUTE, "2", own=[besides], platforms=("x",))
    assert life.watch.take(came, now=FLOOD + 25 * MINUTE).posts == 0
    assert len(said(database)) == 1


def test_of_what_is_restricted_nothing_goes_to_those_who_must_not_know(database: Database) -> None:
    """They read of our own post, which is public, and of nothing else; a phone rings nowhere."""
    configuration = loads(
        written()
        + "restricted: {people: [nora], channel: [kari], name: Incident Fjord, topics: [booking]}"
    )
    life = Life(database, configuration)
    [incident] = incidents(database)
    assert incident.restricted
    life.sees(23 * MINUTE, [ours(22 * MINUTE)])
    rung = {to: one for to, one in notices(database) if one.purpose is Purpose.WORDS}
    assert {*rung} == {"content", "kari"}
    assert "booking" not in rung["content"].to_json().casefold()
    assert QUOTED in rung["content"].lines


def test_posts_of_our_own_that_are_pushed_say_whether_they_answer(database: Database) -> None:
    life = Life(database, configured())
    rows = [
        {"id": f"p{n}", "created_at": f"{FLOOD + 22 * MINUTE:%Y-%m-%dT%H:%M:%SZ}", "text": text,
         "author": "@FjordwingAir", **more}
        for n, (text, more) in enumerate(
            [("Sale", {}), ("@kari sorry", {}), ("Sorry", {"reply": True}),
             ("@kari is our hero", {"reply": False})]
        )
    ]  # fmt: skip
    body = PushedMentions(platform="x", mentions=rows)
    came, unusable = push.delivery_of_mentions(
        body, source="test", cursor=None, configuration=life.configuration,
        now=FLOOD + 23 * MINUTE,
    )  # fmt: skip
    assert unusable == []
    life.watch.take(replace(came, until=life.until), now=FLOOD + 23 * MINUTE)
    assert [note.rpartition(": ")[2] for _, note in said(database)] == [
        "“Sale”",
        "“@kari is our hero”",
    ]


@pytest.mark.parametrize("reason", [Reason.OPENED, Reason.ESCALATED, Reason.EXTENDED])
@pytest.mark.parametrize("state", State)
def test_an_incident_of_our_own_post_is_told_everywhere_without_a_count(
    reason: Reason, state: State
) -> None:
    texts = [*told(uncounted(Kind.UNAPPROVED, reason, state))]
    assert sum("smoke" in text for text in texts) > 6
    assert [text for text in texts if NOTHING.search(text)] == []


def test_an_alarm_about_accounts_that_nobody_named_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match="name them under `handles`"):
        loads("brands: {a: {name: A, terms: [a], voice: {unapproved: alarm}}}")


def test_it_takes_in_the_flood_that_asks_about_it_and_is_reported_as_any_other(
    database: Database,
) -> None:
    life = Life(database, configured(", unapproved: alarm"))
    [flooded] = incidents(database)
    approve(database, "We are on it", flooded.id, 21 * MINUTE)
    life.sees(23 * MINUTE, [ours(22 * MINUTE)])
    [one] = incidents(database, Kind.UNAPPROVED)
    who = Actor("Nora Lie", "shell", "nora")
    at = FLOOD + 24 * MINUTE
    with database.write() as connection:
        deeds.merge(connection, life.configuration, one.id, flooded.id, who, at)
    life.sees(25 * MINUTE, [ours(24 * MINUTE, "More")])
    with database.read() as connection:
        written = incident_report(connection, life.configuration, one, FLOOD + DAY, "UTC")
    assert "nobody approved" in written.newest.headline


@BOTH
def test_who_looks_like_us_feeds_no_flood_and_is_listed_for_takedown(database: Database) -> None:
    """Once an account, with links, while an incident goes on; a counted post is nobody's fake."""
    life = Life(database, configured())
    [before] = incidents(database)
    text = "@FjordwingAir booking fails? Share your WhatsApp"
    fakes = [
        replace(ours((21 + n) * MINUTE, text), author=author, id=f"fake{n}")
        for n, author in enumerate(("FjordwingAir_Help", "FjordwlngAir", "FjordwingAir_Help"))
    ]
    early = replace(ours(-30 * MINUTE, text), author="FjordwingAirSupport", id="early")
    with database.read() as connection:
        posts = volume.totals(connection).posts
    life.sees(25 * MINUTE, [early, *fakes, post(FLOOD + 22 * MINUTE, text, author="kari")])
    [incident] = incidents(database)
    assert incident.posts == before.posts + 1
    assert [note for _, note in said(database, Reason.IMITATED)] == [
        "FjordwingAir_Help, X, 01:21 CET, https://x.com/FjordwingAir/status/1260",
        "FjordwlngAir, X, 01:22 CET, https://x.com/FjordwingAir/status/1320",
    ]
    with database.read() as connection:
        assert volume.totals(connection).posts == posts + 4
        ends = loose_ends(connection, incident.id, [], "UTC", life.until)
        month = report(connection, life.configuration, Month.named("2026-03", "UTC"), FLOOD + DAY)
    at = "https://x.com/FjordwingAir/status"
    assert [line for line in ends if "Looks like ours" in line] == [
        f"Looks like ours, to be taken down: FjordwingAir_Help on X, {at}/1260 {at}/1380",
        f"Looks like ours, to be taken down: FjordwlngAir on X, {at}/1320",
    ]
    [figures] = [dict(facts(team)) for team in month.teams if team.id == "care"]
    assert figures["Look-alike accounts"].startswith("2 ")
    life.sees(26 * MINUTE, deleted=fakes)
    with database.read() as connection:
        ends = loose_ends(connection, incident.id, [], "UTC", life.until)
    assert not [line for line in ends if "Looks like ours" in line]


def test_the_posts_that_x_sells_show_who_looks_like_us_and_no_example_is_theirs(
    database: Database,
) -> None:
    life = Life(database, configured())
    [incident] = incidents(database)
    fake = replace(ours(15 * MINUTE, "@FjordwingAir booking, DM us"), author="FjordwingAir_DESK")
    life.watch.illustrate(incident.id, [fake], FLOOD + 21 * MINUTE)
    assert len(said(database, Reason.IMITATED)) == 1
    with database.read() as connection:
        told = situations.latest_briefing(connection, incident.id)
    assert fake.text not in [one.text for one in told.examples]


@BOTH
@pytest.mark.parametrize(("minute", "told"), [(22, False), (25, True)])
def test_what_was_approved_when_it_was_posted_is_ours_though_it_holds_no_longer(
    database: Database, minute: int, told: bool
) -> None:
    life = Life(database, configured())
    [incident] = incidents(database)
    approved = approve(database, "More at 01:24", incident.id, 21 * MINUTE)
    stale = replace(approved, state=MessageState.STALE, revision=approved.revision + 1)
    with database.write() as connection:
        messages.change(connection, approved, stale)
        messages.note(connection, stale, "Seawall", "", FLOOD + 24 * MINUTE)
    life.sees(26 * MINUTE, [ours(minute * MINUTE, "More at 01:24")])
    assert bool(said(database)) is told


def test_a_post_that_comes_twice_is_noted_once(database: Database) -> None:
    life = Life(database, configured())
    came = delivery([], life.until, life.until + 5 * MINUTE, ("fjordwing",))
    one = ours(22 * MINUTE)
    life.watch.take(
        replace(came, own=[one, one, replace(one, text="edited")]), now=FLOOD + 25 * MINUTE
    )
    assert len(said(database)) == 1


def test_a_fake_that_names_another_brand_is_noted_and_is_no_post_of_ours_when_it_is_gone(
    database: Database,
) -> None:
    life = Life(database, configured(", unapproved: alarm"))
    [flooded] = incidents(database)
    approve(database, "We are on it", flooded.id, 21 * MINUTE)
    life.sees(25 * MINUTE, [ours(22 * MINUTE)])
    [one] = incidents(database, Kind.UNAPPROVED)
    over = Deed(Step.RESOLVE, "Nora Lie", "page")
    deeds.take(database, flooded.id, over, FLOOD + 26 * MINUTE)
    fake = replace(ours(26 * MINUTE, "DM us, not @Otherwing"), author="FjordwingAir_Help")
    life.watch.illustrate(one.id, [fake], FLOOD + 27 * MINUTE)
    assert [kind for kind, _ in said(database, Reason.IMITATED)] == [Kind.UNAPPROVED]
    life.sees(28 * MINUTE, deleted=[fake])
    assert said(database, Reason.TAKEN_DOWN) == []

"""From posts to incidents, through the store: the path that everything runs on."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from alerts.incidents.incident import Kind, Reason, Refused, State
from alerts.incidents.steps import Deed, Step
from alerts.notifiers import Notification, NotifierError
from alerts.posts import Post
from monitor.configuration import Configuration
from monitor.daemon.dispatch import deliver
from monitor.incidents import deeds
from monitor.sources.delivery import Count, Delivery, Observed
from monitor.store import Database, schema, situations, volume
from monitor.store.volume import SampleRow
from monitor.watch import Watch
from tests.airline import BEGIN, apart, configuration, days, delivery, flood, post
from tests.notifiers import Unheard

HOUR = timedelta(hours=1)
STORM = BEGIN + timedelta(days=4, hours=2)
END = STORM + 8 * HOUR


class Recorder(Unheard):
    """A notifier that keeps what it was sent, and refuses when it is told to."""

    name = "recorder"
    replaces = False

    def __init__(self) -> None:
        self.sent: list[Notification] = []
        self.refuse: NotifierError | None = None

    async def send(self, notification: Notification) -> None:
        if self.refuse:
            raise self.refuse
        self.sent.append(notification)

    @property
    def reasons(self) -> list[str]:
        return [one.briefing.reason.value for one in self.sent]


def start(database: Database, **changes: str) -> Watch:
    return Watch.start(configuration(**changes), database, ["x"], ["recorder"])


def batches(posts: Sequence[Post], until: datetime, step: timedelta) -> Iterator[Delivery]:
    at = BEGIN
    while at < until:
        end = min(at + step, until)
        yield delivery([one for one in posts if at <= one.created_at < end], at, end)
        at = end


def storm() -> list[Post]:
    return [*days(5), *flood(STORM, 60)]


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that a restart must not change."""
    with database.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in schema.metadata.sorted_tables
        }


def test_a_flood_of_questions_becomes_one_incident_with_its_briefing(database: Database) -> None:
    watch, recorder = start(database), Recorder()
    for one in batches(storm(), END, 6 * HOUR):
        watch.take(one)
        asyncio.run(deliver(database, [recorder]))
    with database.read() as connection:
        [incident] = situations.incidents(connection)
    assert (incident.topics, incident.state) == (["booking"], State.RESOLVED)
    assert STORM - HOUR < incident.started_at <= incident.detected_at < STORM + HOUR / 2
    assert recorder.reasons[0] == "opened"
    assert recorder.reasons[-1] == "resolved"
    first = recorder.sent[0].briefing
    assert first.questions > 5
    assert first.languages == {"en": first.posts_read}
    assert "booking" in first.holding_messages["en"].lower()
    assert [one.text for one in first.examples if "booking" not in one.text] == []
    assert [one.revision for one in recorder.sent] == list(range(1, len(recorder.sent) + 1))


def test_two_situations_at_once_become_two_incidents(database: Database) -> None:
    watch = start(database)
    floods = apart(STORM, 60, "booking is down", "where are my bags")
    for one in batches([*days(5), *floods], STORM + HOUR, 6 * HOUR):
        watch.take(one)
    with database.read() as connection:
        found = situations.unresolved(connection)
    assert sorted(one.topics for one in found) == [["baggage"], ["booking"]]
    assert all(one.started_at >= STORM - HOUR / 4 for one in found)


def test_one_person_flooding_is_no_crowd(database: Database) -> None:
    watch = start(database)
    alone = [replace(one, author="one-angry-man") for one in flood(STORM, 60)]
    for one in batches([*days(5), *alone], END, 24 * HOUR):
        assert watch.take(one).news == []


def test_it_does_not_matter_how_the_posts_are_cut_into_deliveries(database: Database) -> None:
    watch = start(database)
    for one in batches(storm(), END, 24 * HOUR):
        watch.take(one)
    whole = everything(database)
    database.clear()
    watch, draw = start(database), random.Random(3)
    at = BEGIN
    while at < END:
        until = min(at + timedelta(minutes=5 * draw.randint(1, 99)), END)
        posts = [one for one in storm() if at <= one.created_at < until]
        watch.take(delivery(posts, at, until))
        if draw.random() < 0.2:
            watch = start(database)
        at = until
    assert everything(database) == whole


def test_a_delivery_repeated_changes_nothing(database: Database) -> None:
    watch = start(database)
    pieces = list(batches(storm(), END, 6 * HOUR))
    for one in pieces:
        watch.take(one)
    before = everything(database)
    watch.take(replace(pieces[7], until=END, cursor=END.isoformat()))
    assert everything(database) == before


def test_late_posts_are_known_now_and_unmake_nothing(database: Database) -> None:
    watch = start(database)
    watch.take(delivery([post(BEGIN, "@FjordwingAir hi")], BEGIN, BEGIN + HOUR))
    late = [
        post(BEGIN + timedelta(seconds=9), "@FjordwingAir again"),
        post(BEGIN, "@FjordwingAir b"),
    ]
    watch.take(delivery(late, BEGIN, BEGIN + HOUR))
    with database.read() as connection:
        [sample] = volume.samples(connection, [1], BEGIN, BEGIN + HOUR)
    assert sample == SampleRow(1, BEGIN, 3, 2, 1, 1)


def test_an_open_bucket_is_continued_after_a_restart(database: Database) -> None:
    half = BEGIN + timedelta(minutes=2)
    start(database).take(delivery([post(BEGIN, "@FjordwingAir a", author="kari")], BEGIN, half))
    more = [
        post(half, "@FjordwingAir b", author="kari"),
        post(half, "@FjordwingAir c", author="li"),
    ]
    start(database).take(delivery(more, half, BEGIN + HOUR))
    with database.read() as connection:
        [sample] = volume.samples(connection, [1], BEGIN, BEGIN + HOUR)
    assert sample == SampleRow(1, BEGIN, 3, 2, 3, 2)


def test_what_was_not_observed_is_missing_and_not_zero(database: Database) -> None:
    watch = start(database)
    early = [post(BEGIN + i * HOUR, f"@Otherwing {i}") for i in range(40)]
    begins = BEGIN + timedelta(days=4)
    crowd = flood(begins, 120, text="@Otherwing is late")
    for one in batches([*days(5), *early, *crowd], END, 24 * HOUR):
        declared = [
            replace(o, brand="otherwing", since=max(o.since, begins))
            for o in one.observed
            if o.until > begins
        ]
        taken = watch.take(replace(one, observed=[*one.observed, *declared]))
        assert taken.news == [], "a recording that starts in the middle of a storm is no surge"
    with database.read() as connection:
        [(series, _)] = volume.register_series(
            connection,
            [("otherwing", "all", "x", watch.configuration.version("otherwing", "all"))],
            None,
        )
        assert min(row.bucket for row in volume.samples(connection, [series], None, END)) >= begins


def test_counts_without_posts_raise_an_incident_too(database: Database) -> None:
    watch = start(database)
    draw = random.Random(5)
    for hour in range(24 * 5):
        begin = BEGIN + hour * HOUR
        counts = []
        for minute in range(0, 60, 5):
            at = begin + timedelta(minutes=minute)
            number = draw.choice([0, 1, 1, 2]) + (15 if STORM <= at < STORM + HOUR else 0)
            counts.append(Count("fjordwing", "booking", "x", at, number))
        seen = [Observed("fjordwing", "x", begin, begin + HOUR, "booking")]
        until = begin + HOUR
        news = watch.take(
            Delivery("test", until, until.isoformat(), counts=counts, observed=seen)
        ).news
        if news:
            break
    incident, reason = news[0]
    assert (reason, incident.topics) == (Reason.OPENED, ["booking"])
    assert STORM < incident.detected_at <= STORM + timedelta(minutes=15)


def test_a_changed_topic_counts_anew_and_keeps_what_it_had(database: Database) -> None:
    begin = start(database)
    begin.take(delivery([post(BEGIN, "@FjordwingAir my booking")], BEGIN, BEGIN + HOUR))
    changed: Configuration = configuration(
        **{"  booking": "  booking: {name: Booking, terms: {en: [booking, checkout]}}"}
    )
    watch = Watch.start(changed, database, ["x"], [])
    posts = [post(BEGIN + HOUR, "@FjordwingAir checkout fails")]
    watch.take(delivery(posts, BEGIN + HOUR, BEGIN + 2 * HOUR))
    with database.read() as connection:
        old, new = connection.execute(
            select(schema.series.c.id, schema.series.c.since)
            .where(schema.series.c.brand == "fjordwing", schema.series.c.topic == "booking")
            .order_by(schema.series.c.id)
        ).all()
        assert (old[1], new[1]) == (None, BEGIN + HOUR)
        for (series, _), at in ((old, BEGIN), (new, BEGIN + HOUR)):
            [sample] = volume.samples(connection, [series], None, END)
            assert (sample.bucket, sample.posts) == (at, 1)


@pytest.fixture
def burning(database: Database) -> tuple[Database, Recorder, str]:
    """A store in which an incident is open, and one who was told of it."""
    watch, recorder = start(database), Recorder()
    for one in batches(storm(), STORM + HOUR / 2, 6 * HOUR):
        watch.take(one)
    asyncio.run(deliver(database, [recorder]))
    return database, recorder, recorder.sent[0].incident


def test_an_acknowledgement_is_news_for_those_who_were_told(
    burning: tuple[Database, Recorder, str],
) -> None:
    database, recorder, id = burning
    deeds.take(database, id, Deed(Step.ACKNOWLEDGE, "Kari", "shell"), STORM + HOUR)
    asyncio.run(deliver(database, [recorder]))
    news = recorder.sent[-1].briefing
    assert (news.reason, news.acknowledged_by, news.acknowledged_at) == (
        Reason.ACKNOWLEDGED,
        "Kari",
        STORM + HOUR,
    )
    with pytest.raises(Refused, match="by Kari already"):
        deeds.take(database, id, Deed(Step.ACKNOWLEDGE, "Lars", "shell"), STORM + HOUR)
    with database.read() as connection:
        steps = [(step["kind"], step["actor"]) for step in situations.timeline(connection, id)]
    assert steps[0] == ("opened", "seawall")
    assert steps[-1] == ("acknowledged", "Kari")


def test_what_could_not_be_delivered_is_delivered_later_in_order_and_once(
    burning: tuple[Database, Recorder, str],
) -> None:
    database, recorder, id = burning
    told = len(recorder.sent)
    recorder.refuse = NotifierError("down", permanent=False)
    deeds.take(database, id, Deed(Step.ACKNOWLEDGE, "Kari", "shell"), STORM + HOUR)
    deeds.take(database, id, Deed(Step.RESOLVE, "Kari", "shell"), STORM + HOUR)
    assert asyncio.run(deliver(database, [recorder])) == 0
    recorder.refuse = None
    assert asyncio.run(deliver(database, [recorder])) == 2
    assert recorder.reasons[told:] == ["acknowledged", "resolved"]
    assert asyncio.run(deliver(database, [recorder])) == 0


def test_what_can_never_be_delivered_does_not_hold_up_the_rest(
    burning: tuple[Database, Recorder, str],
) -> None:
    database, recorder, id = burning
    recorder.refuse = NotifierError("no such channel", permanent=True)
    deeds.take(database, id, Deed(Step.ACKNOWLEDGE, "Kari", "shell"), STORM + HOUR)
    asyncio.run(deliver(database, [recorder]))
    recorder.refuse = None
    deeds.take(database, id, Deed(Step.RESOLVE, "Kari", "shell"), STORM + HOUR)
    assert asyncio.run(deliver(database, [recorder])) == 1
    assert recorder.reasons[-1] == "resolved"


def test_an_incident_is_found_by_the_beginning_of_its_id(
    burning: tuple[Database, Recorder, str],
) -> None:
    database, _, id = burning
    with database.read() as connection:
        assert deeds.find(connection, id.rpartition("-")[2][:3]) == id
        with pytest.raises(deeds.NoSuchIncident, match="incidents list"):
            deeds.find(connection, "nothing")


def test_counts_that_are_delivered_again_are_not_added_up(database: Database) -> None:
    def told(number: int) -> Delivery:
        until = BEGIN + HOUR
        counts = [Count("fjordwing", "booking", "x", BEGIN, number)]
        seen = [Observed("fjordwing", "x", BEGIN, until, "booking")]
        return Delivery("test", until, until.isoformat(), counts=counts, observed=seen)

    for number in (4, 4, 5):
        start(database).take(told(number))
    with database.read() as connection:
        [sample] = volume.samples(connection, [1, 2], None, END)
    assert (sample.posts, sample.posts_at_close) == (5, 4)


def test_an_incident_on_a_topic_that_is_no_longer_asked_is_resolved(
    burning: tuple[Database, Recorder, str],
) -> None:
    database, recorder, id = burning
    fewer = configuration(
        **{"  booking": "", "  baggage": "  parking: {name: Parking, terms: [p]}"}
    )
    watch = Watch.start(fewer, database, ["x"], ["recorder"])
    since = STORM + HOUR / 2
    watch.take(delivery([], since, since + 3 * HOUR))
    asyncio.run(deliver(database, [recorder]))
    told = {one.incident: one.briefing for one in recorder.sent}
    assert told[id].reason is Reason.RESOLVED
    assert {one.kind for one in told.values() if one.incident != id} <= {Kind.SILENCE}

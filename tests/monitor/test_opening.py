"""Incidents that no surge opens: a person's report, a word about safety, a blind source."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.incidents.incident import Incident, Kind, Reason, Refused, Severity, State
from alerts.incidents.steps import Deed, Step
from alerts.posts import Post
from monitor.configuration import Configuration
from monitor.incidents import deeds, opening
from monitor.store import Database, outbox, sightings, situations
from monitor.watch import Watch
from tests.airline import BEGIN, configuration, days, delivery, flood, post

HOUR = timedelta(hours=1)
COMPETITOR = {"  otherwing": '  otherwing: {name: Otherwing, whose: competitor, terms: ["@Other"]}'}
SMOKE = "@FjordwingAir there is smoke in the cabin, we were evacuated"


def taken(
    database: Database, *posts: Post, hours: int = 1, used: Configuration | None = None
) -> list[tuple[Incident, Reason]]:
    """What becomes news of these posts, an hour at a time."""
    watch = Watch.start(used or configuration(), database, ["x"], ["terminal"])
    news = []
    for hour in range(hours):
        since, until = BEGIN + hour * HOUR, BEGIN + (hour + 1) * HOUR
        within = [one for one in posts if since <= one.created_at < until]
        news += watch.take(delivery(within, since, until, ("fjordwing", "otherwing"))).news
    return news


def stored(database: Database) -> list[Incident]:
    with database.read() as connection:
        return situations.incidents(connection)


def test_one_post_about_safety_pages_at_once(database: Database) -> None:
    written = BEGIN + timedelta(minutes=7, seconds=30)
    [(incident, reason)] = taken(database, post(written, SMOKE))
    assert (reason, incident.kind, incident.severity, incident.calls) == (
        Reason.OPENED,
        Kind.SAFETY,
        Severity.CRITICAL,
        True,
    )
    assert (incident.detected_at, incident.surges) == (written, ())
    assert "smoke" in incident.subject
    with database.read() as connection:
        assert outbox.notifiers_of(connection, incident.id) == ["terminal"]
        assert sightings.number(connection, incident.id) == 1


def test_more_of_them_extend_it_and_are_told_as_they_double(database: Database) -> None:
    posts = [post(BEGIN + n * HOUR / 20, f"{SMOKE} {n}") for n in range(9)]
    news = taken(database, *posts)
    assert len({incident.id for incident, _ in news}) == 1
    assert [reason for _, reason in news].count(Reason.GREW) == 3
    with database.read() as connection:
        assert sightings.number(connection, news[0][0].id) == 9


def test_a_word_about_safety_waits_for_a_person_and_is_back_if_it_comes_again(
    database: Database,
) -> None:
    [(incident, _)] = taken(database, post(BEGIN, SMOKE), hours=12)
    [open_still] = stored(database)
    assert open_still.state is State.OPEN
    at = BEGIN + 12 * HOUR
    deeds.take(database, incident.id, Deed(Step.RESOLVE, "Kari", "shell"), at)
    watch = Watch.start(configuration(), database, ["x"], ["terminal"])
    again = delivery([post(at + HOUR, f"{SMOKE}!")], at, at + 2 * HOUR)
    assert [reason for _, reason in watch.take(again).news] == [Reason.REOPENED]


def test_a_word_about_safety_days_later_is_another_situation(database: Database) -> None:
    [(first, _)] = taken(database, post(BEGIN, SMOKE), hours=12)
    watch = Watch.start(configuration(), database, ["x"], ["terminal"])
    later = delivery([post(BEGIN + 13 * HOUR, f"{SMOKE}!")], BEGIN + 12 * HOUR, BEGIN + 14 * HOUR)
    [(second, reason)] = watch.take(later).news
    assert (reason, second.id == first.id) == (Reason.OPENED, False)


def test_a_snooze_is_over_when_there_is_more_about_safety(database: Database) -> None:
    [(incident, _)] = taken(database, post(BEGIN, SMOKE))
    until = (BEGIN + 9 * HOUR).isoformat()
    deeds.take(database, incident.id, Deed(Step.SNOOZE, "Kari", "shell", until), BEGIN + HOUR)
    watch = Watch.start(configuration(), database, ["x"], ["terminal"])
    more = post(BEGIN + 1.5 * HOUR, f"{SMOKE} and it burns")
    [(woken, reason)] = watch.take(delivery([more], BEGIN + HOUR, BEGIN + 2 * HOUR)).news
    assert (reason, woken.snoozed_until) == (Reason.WOKEN, None)


def test_nobody_is_paged_for_what_is_old_or_about_another_brand(database: Database) -> None:
    theirs = SMOKE.replace("@FjordwingAir", "@Other")
    assert taken(database, post(BEGIN, theirs), used=configuration(**COMPETITOR)) == []
    watch = Watch.start(configuration(), database, ["x"], ["terminal"])
    old = delivery([post(BEGIN, SMOKE)], BEGIN, BEGIN + HOUR)
    assert watch.take(old, now=BEGIN + 30 * HOUR).news == []


def test_it_does_not_matter_how_posts_about_safety_are_cut_into_deliveries(
    database: Database,
) -> None:
    posts = [post(BEGIN + n * HOUR / 20, f"{SMOKE} {n}") for n in range(9)]

    def outcome(*cuts: int) -> list[tuple[object, ...]]:
        watch, since = Watch.start(configuration(), database, ["x"], ["terminal"]), BEGIN
        for cut in (*cuts, 20):
            until = BEGIN + cut * HOUR / 20
            within = [one for one in posts if since <= one.created_at < until]
            watch.take(delivery(within, since, until))
            since = until
        with database.read() as connection:
            [one] = situations.incidents(connection)
            steps = situations.timeline(connection, one.id)
        database.clear()
        return [(one.id, one.revision), *((step["kind"], step["at"]) for step in steps)]

    assert outcome() == outcome(1, 2, 5, 7)


def test_a_person_opens_an_incident_once(database: Database) -> None:
    def report(brand: str, what: str) -> Incident:
        with database.write() as connection:
            return opening.reported(
                connection, configuration(), brand, what, "Kari", "slack", BEGIN
            )

    incident = report("fjordwing", "  the check-in desks   are closed ")
    assert (incident.kind, incident.subject, incident.severity) == (
        Kind.REPORTED,
        "the check-in desks are closed",
        Severity.MAJOR,
    )
    assert report("fjordwing", "the check-in desks are closed") == incident
    with pytest.raises(Refused, match="none of our brands"):
        report("nobody", "it is down")
    with pytest.raises(Refused, match="at most 200"):
        report("fjordwing", " ")
    with database.read() as connection:
        [step] = situations.timeline(connection, incident.id)
    assert (step["kind"], step["actor"], step["place"]) == ("opened", "Kari", "slack")


def test_what_a_person_opened_does_not_disturb_the_watch(database: Database) -> None:
    with database.write() as connection:
        opening.reported(
            connection, configuration(), "fjordwing", "it is down", "Kari", "slack", BEGIN
        )
    storm = BEGIN + timedelta(days=4, hours=2)
    posts = [*days(5), *flood(storm, 30)]
    news = taken(database, *posts, hours=24 * 4 + 8)
    assert next(reason for _, reason in news) is Reason.OPENED
    kinds = {one.kind: one.state for one in stored(database)}
    assert kinds == {Kind.REPORTED: State.OPEN, Kind.SURGE: State.RESOLVED}


def test_a_source_that_is_blind_is_one_incident_until_it_sees_again(database: Database) -> None:
    used = configuration()
    with database.write() as connection:
        blind = opening.blinded(connection, used, "bluesky", BEGIN, BEGIN + HOUR)
        assert opening.blinded(connection, used, "bluesky", BEGIN, BEGIN + 2 * HOUR) == blind
        assert (blind.kind, blind.subject, blind.started_at) == (
            Kind.BLINDNESS,
            "bluesky",
            BEGIN,
        )
        assert sightings.blind_since(connection) == {"bluesky": BEGIN}
    taken(database, *days(1), hours=24)
    [still] = stored(database)
    assert still.state is State.OPEN, "posts of another source are no sight"
    with database.write() as connection:
        over = opening.sees_again(connection, used, "bluesky", BEGIN + 24 * HOUR)
        assert over is not None
        assert (over.state, over.resolved_by) == (State.RESOLVED, "seawall")
        assert sightings.blind_since(connection) == {}
        assert opening.sees_again(connection, used, "bluesky", BEGIN + 25 * HOUR) is None
        again = opening.blinded(connection, used, "bluesky", BEGIN + 26 * HOUR, BEGIN + 27 * HOUR)
    assert (again.id, again.state) == (blind.id, State.OPEN)


def test_what_is_restricted_is_told_in_its_channel_alone(database: Database) -> None:
    used = configuration(
        recording="recording: {platform: x}\n"
        "people: {nora: {name: Nora}}\n"
        "notify: [{kind: terminal}, {kind: terminal, name: crisis}]\n"
        "restricted: {people: [nora], channel: [crisis]}"
    )
    with database.write() as connection:
        incident = opening.reported(
            connection, used, "fjordwing", "an accident", "Kari", "shell", BEGIN, restricted=True
        )
        assert outbox.notifiers_of(connection, incident.id) == ["crisis"]


def test_several_brands_of_one_post_are_an_incident_each(database: Database) -> None:
    both = replace(post(BEGIN, SMOKE), text=f"{SMOKE} @Otherwing")
    assert {one.brand for one, _ in taken(database, both)} == {"fjordwing", "otherwing"}

"""Briefings from the store: what they are made of, and that they can be made again."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from alerts import wording
from alerts.briefings import statements
from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import Incident, Kind, Reason
from alerts.incidents.steps import Deed, Step
from monitor.incidents import deeds, opening
from monitor.incidents.rights import Actor
from monitor.store import Database, bases, schema, sightings, situations, spending, volume
from monitor.telling import briefings
from monitor.tripwires import Sighting
from monitor.watch import Watch
from tests.airline import BEGIN, configuration, days, delivery, flood, post

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
STORM = BEGIN + timedelta(days=4, hours=2)


def storm(database: Database, until: datetime) -> list[Incident]:
    """Four quiet days, and an hour of questions about a booking system that fails."""
    watch = Watch.start(configuration(), database, ["x"], ["recorder"])
    said = "@FjordwingAir booking fails with error 500, SK1423 from Oslo?"
    posts = [*days(5), *flood(STORM, 60, text=said)]
    at = BEGIN
    while at < until:
        end = min(at + 6 * HOUR, until)
        watch.take(delivery([one for one in posts if at <= one.created_at < end], at, end))
        at = end
    with database.read() as connection:
        return situations.incidents(connection)


def pay(database: Database, micros: int) -> None:
    with database.write() as connection:
        spending.set_aside(connection, "x", STORM, micros, None)


def stored(database: Database, id: str) -> dict[int, str]:
    """Every revision of an incident's briefing, as it was shown."""
    b = schema.briefing.c
    with database.read() as connection:
        rows = connection.execute(select(b.revision, b.content).where(b.incident == id))
        return {row.revision: row.content for row in rows}


def again(database: Database, id: str, revisions: Mapping[int, str]) -> dict[int, str]:
    with database.read() as connection:
        return {n: briefings.rebuilt(connection, id, n).to_json() for n in revisions}


def test_every_revision_can_be_made_again_exactly(database: Database) -> None:
    [incident] = storm(database, STORM + HOUR / 2)
    pay(database, 1_250_000)
    for step, note in ((Step.ACKNOWLEDGE, ""), (Step.NOTE, "IT knows")):
        deed = Deed(step, by="Kari", place="slack", note=note)
        deeds.take(database, incident.id, deed, incident.detected_at + 10 * MINUTE)
    storm(database, STORM + 8 * HOUR)
    shown = stored(database, incident.id)
    reasons = {Briefing.from_json(content).reason for content in shown.values()}
    assert {Reason.OPENED, Reason.ACKNOWLEDGED, Reason.NOTED, Reason.RESOLVED} <= reasons
    with database.write() as connection:  # what is learned later changes nothing
        late = post(STORM + MINUTE, "@FjordwingAir booking is late", id="late")
        one = volume.unknown(connection, [late])
        ids = connection.scalars(select(schema.series.c.id)).all()
        volume.add_posts(
            connection,
            [(key, late, "en", False) for key in one],
            [(id, key, late.created_at) for key in one for id in ids],
        )
        connection.execute(update(schema.sample).values(posts=schema.sample.c.posts + 5))
        connection.execute(delete(schema.panel))
    assert again(database, incident.id, shown) == shown


def test_what_an_author_takes_back_is_not_made_again(database: Database) -> None:
    [incident] = storm(database, STORM + HOUR / 2)
    shown = Briefing.from_json(stored(database, incident.id)[1]).examples
    watch = Watch.start(configuration(), database, ["x"], ["recorder"])
    gone = [("x", one.id) for one in shown]
    later = delivery([], STORM + HOUR / 2, STORM + HOUR / 2 + 5 * MINUTE)
    watch.take(replace(later, deleted=gone), now=STORM + HOUR / 2)
    kept = stored(database, incident.id)
    assert all(one.id not in content for one in shown for content in kept.values())
    assert again(database, incident.id, kept) == kept


def test_a_revision_that_was_never_there_is_not_made(database: Database) -> None:
    [incident] = storm(database, STORM + HOUR / 2)
    with database.read() as connection, pytest.raises(KeyError, match="revision 99"):
        briefings.rebuilt(connection, incident.id, 99)


def test_it_says_what_sets_these_posts_apart_and_what_they_name(database: Database) -> None:
    [incident] = storm(database, STORM + HOUR / 2)
    with database.read() as connection:
        briefing = situations.latest_briefing(connection, incident.id)
    assert briefing.journeys["SK1423"] == briefing.places["Oslo"] > 0.9 * briefing.posts_read
    assert "error 500" in {one.words for one in briefing.terms}


def test_the_peak_is_one_number_wherever_it_is_told(database: Database) -> None:
    [incident] = storm(database, STORM + 8 * HOUR)
    shown = [Briefing.from_json(one) for one in stored(database, incident.id).values()]
    peaks = [one.peak_factor for one in shown]
    with database.read() as connection:
        told = [step["detail"] for step in situations.timeline(connection, incident.id)]
    assert peaks == sorted(peaks)
    assert round(incident.peak_factor, 4) == peaks[-1]
    assert all(one.endswith(wording.times(peak)) for one, peak in zip(told, peaks, strict=True))
    assert all(wording.times(one.peak_factor) in one.why for one in shown)


def test_it_says_what_the_sources_have_cost_since_it_was_found(database: Database) -> None:
    storm(database, STORM - HOUR)
    pay(database, 4_000_000)
    [incident] = storm(database, STORM + HOUR / 2)
    pay(database, 1_250_000)
    storm(database, STORM + 8 * HOUR)
    with database.read() as connection:
        first = bases.shown(connection, incident.id, 1)
        newest = situations.latest_briefing(connection, incident.id)
    assert statements.cost(first) == "$0.00 of API calls since it was found, $4.00 this month"
    assert statements.cost(newest) == "$1.25 of API calls since it was found, $5.25 this month"


def test_a_source_that_is_blind_meanwhile_is_named(database: Database) -> None:
    storm(database, STORM - HOUR)
    with database.write() as connection:
        sightings.put_blind(connection, "bluesky", STORM - HOUR, None)
    [incident] = storm(database, STORM + HOUR / 2)
    with database.read() as connection:
        briefing = situations.latest_briefing(connection, incident.id)
    assert statements.facts(briefing)["Not seen"] == "Bluesky, blind since Fri 6 Mar, 02:00 CET"


def test_the_posts_with_a_word_about_safety_are_the_briefing(database: Database) -> None:
    texts = (
        "@FjordwingAir smoke in the cabin of SK1423, my daughter Emma is on it",
        "@FjordwingAir I see smoke over the runway, anybody?",
        "@FjordwingAir they evacuate in Oslo!",
    )
    posts = [post(STORM + n * MINUTE, text) for n, text in enumerate(texts)]
    storm(database, STORM - HOUR)
    with database.write() as connection:
        known = volume.unknown(connection, posts)
        volume.add_posts(connection, [(key, one, "en", False) for key, one in known.items()], [])
        for one, word in zip(posts, ("smoke", "smoke", "evacuate"), strict=True):
            opening.tripped(
                connection,
                configuration(),
                [Sighting("fjordwing", one, word, "en")],
                {},
                notifiers=["recorder"],
            )
    with database.read() as connection:
        [incident] = situations.incidents(connection)
        briefing = situations.latest_briefing(connection, incident.id)
    assert incident.kind is Kind.SAFETY
    assert briefing.headline == "Fjordwing Air: 3 posts with “smoke”, “evacuate” since 03:00"
    facts = statements.facts(briefing)
    assert facts["Words"] == "“smoke” in 2 posts, “evacuate” in 1 post"
    assert facts["Named"] == "SK1423 (1 post), Oslo (1 post)"
    assert facts["What to do"] == statements.CHECK
    assert {one.text for one in briefing.examples} == {
        texts[0].replace("Emma", "•••"),
        *texts[1:],
    }
    shown = stored(database, incident.id)
    assert again(database, incident.id, shown) == shown


def test_a_blind_source_says_what_nobody_knows_and_what_to_check(database: Database) -> None:
    with database.write() as connection:
        incident = opening.blinded(
            connection, configuration(), "bluesky", STORM, STORM + 10 * MINUTE
        )
    with database.read() as connection:
        briefing = situations.latest_briefing(connection, incident.id)
    assert briefing.headline == "The source bluesky is blind since 03:00"
    facts = statements.facts(briefing)
    assert facts["Not known"] == (
        "what is said there since Fri 6 Mar, 03:00 CET: no surge is found"
    )
    assert facts["What to do"] == "look there yourself, then check the source's access"


def test_what_a_person_reports_is_the_briefing_in_their_words(database: Database) -> None:
    with database.write() as connection:
        incident = opening.reported(
            connection,
            configuration(),
            "fjordwing",
            "Check-in is down in Oslo",
            "Kari",
            "slack",
            STORM,
        )
    with database.read() as connection:
        briefing = situations.latest_briefing(connection, incident.id)
    assert briefing.headline == "Fjordwing Air: Check-in is down in Oslo"
    assert statements.facts(briefing)["What"] == "Check-in is down in Oslo"
    assert statements.facts(briefing)["Opened"] == "Kari reports it"
    assert "en" in briefing.holding_messages
    shown = stored(database, incident.id)
    assert again(database, incident.id, shown) == shown


def test_what_people_joined_and_parted_can_be_made_again(database: Database) -> None:
    [whole] = storm(database, STORM + HOUR / 2)
    at = STORM + HOUR
    with database.write() as connection:
        part = opening.reported(
            connection, configuration(), "fjordwing", "Booking is down", "Kari", "slack", at
        )
        who = Actor("Kari", "slack", None)
        deeds.merge(connection, configuration(), part.id, whole.id, who, at)
        deeds.undo(connection, configuration(), part.id, who, at)
    for id in (whole.id, part.id):
        shown = stored(database, id)
        assert again(database, id, shown) == shown


def test_after_a_persons_step_the_hours_are_those_of_now_and_what_is_late_is_said(
    database: Database,
) -> None:
    used = configuration(
        recording='recording: {platform: x}\nservice_hours: {mon-fri: "07:00-19:00"}'
    )
    watch = Watch.start(used, database, ["x"], ["recorder"])
    watch.take(delivery([*days(5), *flood(STORM, 60)], BEGIN, STORM + HOUR / 2))
    opened = newest_briefing(database)
    assert (opened.outside_service_hours, opened.late) == (True, ())
    morning = STORM + 5 * HOUR  # 08:00 in Oslo
    deeds.take(database, opened.incident, Deed(Step.ACKNOWLEDGE, "Kari", "slack"), morning, used)
    taken = newest_briefing(database)
    assert (taken.outside_service_hours, taken.next_opening) == (False, None)
    acknowledged, unsaid = taken.late
    assert re.fullmatch(r"acknowledged 5 h.* after the onset, target 25 min", acknowledged)
    assert unsaid == "no first word, target 1 h"
    assert statements.facts(taken)["Too late"] == f"{acknowledged}; {unsaid}"


def newest_briefing(database: Database) -> Briefing:
    with database.read() as connection:
        [found] = situations.briefings(connection)
    return found

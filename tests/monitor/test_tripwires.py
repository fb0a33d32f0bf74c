"""A word about safety: one post opens an incident, and somebody is called whatever the hour."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.duty.notices import Notice, Purpose
from alerts.incidents.incident import Incident, Kind, Severity, State
from alerts.incidents.steps import Deed, Step
from alerts.posts import Post
from monitor.configuration import Configuration, loads
from monitor.configuration.problems import ConfigurationError
from monitor.incidents import deeds
from monitor.staffing import duty
from monitor.store import Database, situations
from monitor.store.schema import notice
from monitor.store.work import sighting
from monitor.tripwires import Wires
from monitor.watch import Watch
from tests.airline import CONFIGURATION, delivery, post
from tests.service import new_database

NIGHT = datetime(2026, 11, 22, 2, tzinfo=UTC)
"""Sunday, three o'clock in Oslo: the desks are closed, and Kari sleeps."""

TEAM = """
people:
  kari: {name: Kari Nygård, reach: [phone], quiet: "22:00-07:00"}
teams:
  care: {name: Customer care, people: [kari], channel: [desk],
    service_hours: {mon-fri: "07:00-19:00"}, on_call: {people: [kari], from: 2026-11-16T09:00}}
notify: [{kind: terminal, name: desk}, {kind: terminal, name: phone}]
"""
SMOKE = "@FjordwingAir there is smoke in the cabin"
THEIRS = "@Otherwing there is smoke in the cabin"
JEST = "@FjordwingAir this sale is fire 🔥"


def configured(lines: str) -> Configuration:
    """The airline, with a competitor, and next to no false alarms left."""
    text = CONFIGURATION.replace("name: Otherwing,", "name: Otherwing, whose: competitor,")
    return loads("\n".join([text.replace("4 per 30 days", "1 per 9999 days"), lines]))


def named(text: str, configuration: Configuration) -> list[tuple[str, str]]:
    """The words that trip in what somebody writes to the airline, each with its language."""
    found = Wires(configuration).look([("fjordwing", post(NIGHT, text))])
    return [(one.word, one.language) for one in found]


@dataclass
class Night:
    """A store on which posts come in, and in which everything due is done."""

    database: Database
    configuration: Configuration
    now: datetime = NIGHT
    _watch: Watch | None = None
    _until: datetime = NIGHT - timedelta(hours=1)

    def write(self, *posts: Post) -> None:
        """These posts come in, until now."""
        self._watch = self._watch or Watch.start(
            self.configuration, self.database, ["x"], ["desk", "phone"]
        )
        brands = ("fjordwing", "otherwing")
        self._watch.take(delivery(posts, self._until, self.now, brands), now=self.now)
        self._until = self.now
        with self.database.write() as connection:
            duty.attend(connection, self.configuration, self.now)

    def incidents(self, kind: Kind = Kind.SAFETY) -> list[Incident]:
        with self.database.read() as connection:
            return [one for one in situations.incidents(connection) if one.kind is kind]

    def calls(self) -> list[str]:
        """Who was called by an urgent notice, so far."""
        with self.database.read() as connection:
            contents = connection.scalars(select(notice.c.content).order_by(notice.c.at)).all()
        rung = [Notice.from_json(content) for content in contents]
        return [one.person or "" for one in rung if one.purpose is Purpose.CALL and one.urgent]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(new_database(tmp_path / "seawall.db")) as opened:
        yield opened


@pytest.fixture
def night(database: Database) -> Night:
    return Night(database, configured(TEAM))


def test_one_post_at_night_wakes_who_is_on_call_at_once(night: Night) -> None:
    """Whatever the hour, however few false alarms are allowed, and whoever sleeps."""
    night.write(post(NIGHT, SMOKE))
    [one] = night.incidents()
    assert (one.subject, one.severity, one.calls) == ("smoke", Severity.CRITICAL, True)
    assert night.calls() == ["kari"]


def test_what_is_harmless_or_about_somebody_else_wakes_nobody(night: Night) -> None:
    night.write(post(NIGHT, JEST), post(NIGHT, "@FjordwingAir 🔥🔥"), post(NIGHT, THEIRS))
    assert night.incidents() == []
    assert night.calls() == []


def test_it_wakes_through_the_snooze_of_what_goes_on(night: Night) -> None:
    night.write(post(NIGHT, SMOKE))
    [one] = night.incidents()
    deed = Deed(Step.SNOOZE, "Kari Nygård", "page", "8h", member="kari")
    deeds.take(night.database, one.id, deed, NIGHT, night.configuration)
    night.now += timedelta(minutes=5)
    night.write(post(night.now, "@FjordwingAir now everybody is being evacuated"))
    [one] = night.incidents()
    assert one.state is State.OPEN
    assert night.calls() == ["kari", "kari"]


def test_more_posts_join_the_incident_and_are_kept_with_their_words(night: Night) -> None:
    night.write(post(NIGHT, SMOKE), post(NIGHT, "@FjordwingAir engine is on fire, help"))
    night.now += timedelta(minutes=1)
    night.write(post(night.now, SMOKE, id="another"))
    [one] = night.incidents()
    assert set(one.subject.split(", ")) >= {"smoke"}
    with night.database.read() as connection:
        kept = connection.execute(select(sighting.c.word)).scalars().all()
    assert len(kept) == 3


def test_ones_own_words_trip_and_what_one_calls_harmless_does_not() -> None:
    own = configured(
        'tripwires: {words: {en: ["dangerous goods", "lithium + hold"]}, '
        'harmless: {en: ["smoke in the cabin"]}}'
    )
    assert named("are these dangerous goods?", own) == [("dangerous goods", "en")]
    assert named("lithium batteries in the hold", own) == [("lithium … hold", "en")]
    assert named("smoke in the cabin", own) == []
    assert named("wir wurden evakuiert", own) == [("evakuier…", "de")]


def test_switched_off_they_find_nothing() -> None:
    assert named(SMOKE, configured("tripwires: {enabled: false}")) == []


@pytest.mark.parametrize("term", ["a + b + c", "overhead line +", "+ gas", "🔥*", "*", "x*"])
def test_a_term_that_would_find_nothing_or_everything_is_refused(term: str) -> None:
    with pytest.raises(ConfigurationError, match=r"tripwires\.words\.en"):
        configured(f'tripwires: {{words: {{en: ["{term}"]}}}}')

"""The store, on SQLite and PostgreSQL alike."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from alerts.posts import Post
from alerts.reach import Reach
from detectors import Series
from monitor.clock import SimulatedClock
from monitor.sources.delivery import Observed
from monitor.store import Database, StoreBusy, StoreError, schema, volume
from monitor.store.volume import Changes, SampleRow

NOON = datetime(2026, 3, 14, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOOKING = Series("fjordwing", "booking", "x")


def test_the_migrations_make_the_schema_that_the_code_uses(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    migrations = ScriptDirectory("monitor/store/migrations")
    assert migrations.get_current_head() == schema.REVISION


def test_times_come_back_to_the_microsecond(database: Database) -> None:
    clock = SimulatedClock(NOON, NOON - HOUR, 60.0, NOON + HOUR)
    with database.write() as connection:
        assert volume.clock_of(connection) is None
        volume.put_clock(connection, clock)
    with database.read() as connection:
        assert volume.clock_of(connection) == clock


def test_a_post_is_stored_once_whoever_delivers_it_again(database: Database) -> None:
    one = Post("x", "1", NOON, "hello", lang="en")
    elsewhere = replace(one, platform="bluesky")
    with database.write() as connection:
        new = volume.unknown(connection, [one, replace(one, text="again"), elsewhere])
        assert list(new.values()) == [one, elsewhere]
        volume.register_series(connection, [("fjordwing", "booking", "x", "v1")], None)
        posts = [(key, one, "en", False) for key, one in new.items()]
        volume.add_posts(connection, posts, [(1, key, NOON) for key in new])
    with database.write() as connection:
        assert volume.unknown(connection, [one]) == {}
        stored = volume.some_posts(connection, [BOOKING], NOON, NOON + HOUR, share=1)
        assert {(post.platform, post.text) for post in stored} == {
            ("x", "hello"),
            ("bluesky", "hello"),
        }
        assert volume.reach(connection, [BOOKING], NOON, NOON + HOUR) == Reach.of(stored)


def test_what_a_source_observes_without_a_gap_is_one_interval(database: Database) -> None:
    def seen(since: int, until: int) -> Observed:
        return Observed("fjordwing", "x", NOON + since * HOUR, NOON + until * HOUR)

    with database.write() as connection:
        for piece in (seen(0, 1), seen(1, 3), seen(2, 3), seen(5, 6)):
            volume.put_observed(connection, "test", [piece])
        assert volume.observed_intervals(connection, "x") == [
            ("fjordwing", "", NOON, NOON + 3 * HOUR, False),
            ("fjordwing", "", NOON + 5 * HOUR, NOON + 6 * HOUR, False),
        ]


def test_late_posts_change_what_is_known_now_and_not_what_was_seen(database: Database) -> None:
    with database.write() as connection:
        volume.put_samples(connection, Changes([SampleRow(1, NOON, 4, 3, 4, 3)], {}, {}))
        late = {(1, NOON): (2, 1), (2, NOON): (1, None)}
        volume.put_samples(connection, Changes([], late, {(3, NOON): (9, None)}))
        assert volume.samples(connection, [1, 2, 3], NOON, NOON + HOUR) == [
            SampleRow(1, NOON, 6, 4, 4, 3),
            SampleRow(2, NOON, 1, None, 0, 0),
            SampleRow(3, NOON, 9, None, 0, 0),
        ]


def test_a_changed_topic_is_a_new_series_that_counts_from_now(database: Database) -> None:
    old, new = ("fjordwing", "booking", "x", "v1"), ("fjordwing", "booking", "x", "v2")
    with database.write() as connection:
        [(first, since)] = volume.register_series(connection, [old], None)
        assert since is None
        [(second, since)] = volume.register_series(connection, [new], NOON)
        assert (second == first, since) == (False, NOON)
        assert volume.register_series(connection, [old], NOON) == [(first, None)]


def test_only_one_process_is_the_writer(url: str) -> None:
    with closing(Database.open(url)) as one, closing(Database.open(url)) as two:
        with one.lease(), pytest.raises(StoreBusy, match="another seawall"), two.lease():
            pass
        with two.lease():
            pass


def test_a_failed_transaction_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as connection:  # noqa: PT012
        volume.put_clock(connection, SimulatedClock.standing(NOON))
        raise ZeroDivisionError
    with database.read() as connection:
        assert volume.clock_of(connection) is None


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:////no/such/folder/s.db", "is no folder; make it first"),
        ("sqlite://", "would forget; name a file"),
        ("mysql://h/d", "sqlite:///FILE or postgresql"),
        ("seawall.db", "is no store; write sqlite:///FILE"),
        ("postgresql://seawall:s3cret@127.0.0.1:1/none", "127.0.0.1"),
    ],
)
def test_a_store_that_cannot_be_opened_says_why_and_hides_the_password(
    url: str, message: str
) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        Database.open(url)
    assert "s3cret" not in str(caught.value)


def test_a_store_of_something_else_or_of_the_future_is_left_alone(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE accounts (id INTEGER)"))
    with pytest.raises(StoreError, match="holds tables of something else"):
        Database.open(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE accounts"))
    Database.open(url).close()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="made by a newer Seawall"):
        Database.open(url)
    engine.dispose()


def test_a_command_that_only_reads_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store at"):
        Database.open(f"sqlite:///{tmp_path}/none.db", existing=True)
    assert list(tmp_path.iterdir()) == []

import csv
import gzip
import io
import json
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.posts import Post
from monitor.configuration import Configuration, load, loads
from monitor.sources.delivery import Count, Delivery, Observed
from monitor.sources.lines import LONGEST_FIELD, LONGEST_LINE, TIME_NEEDED
from monitor.sources.recording import Recording, RecordingError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AIRLINES = Path(__file__).parents[2].parent / "shared/data/airline_feb2015/airline_tweets_utc.csv"
EXAMPLE = Path(__file__).parents[2] / "examples" / "us-airlines.yaml"

BRANDS = """\
bucket: 1m
brands:
  acme: {name: Acme, terms: [acme]}
  other: {name: Other, terms: [other]}
topics: {late: {name: Late, terms: [late]}}
"""
POSTS = "id,created_at,text\n"
COUNTS = "series,timestamp,count\n"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-06-{text}+00:00")


def configured(recording: str = "{}", bucket: str = "1m") -> Configuration:
    return loads(BRANDS.replace("1m", bucket) + f"recording: {recording}\n")


def written(folder: Path, content: str | bytes, name: str = "posts.csv") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def delivered(
    files: Sequence[Path],
    configuration: Configuration | None = None,
    cursor: str | None = None,
    max_posts: int = 5_000,
) -> list[Delivery]:
    with Recording(files, configuration or configured(), now=NOW) as recording:
        recording.open(cursor)
        return list(recording.deliveries(max_posts))


def refused(file: Path, configuration: Configuration | None = None, *, strict: bool = False) -> str:
    with (
        Recording([file], configuration or configured(), now=NOW, strict=strict) as recording,
        pytest.raises(RecordingError) as caught,
    ):
        recording.open()
    return str(caught.value)


def problems(file: Path, configuration: Configuration | None = None) -> list[str]:
    with Recording([file], configuration or configured(), now=NOW) as recording:
        recording.open()
        assert recording.malformed_count == len(recording.malformed)
        return [f"{each.place.rpartition(':')[2]}: {each.problem}" for each in recording.malformed]


def test_posts_are_delivered_in_the_order_of_time_and_id_with_what_was_observed(
    tmp_path: Path,
) -> None:
    file = written(
        tmp_path,
        POSTS
        + "3,2025-06-01T12:05:30Z,acme is late &amp; sorry\n"
        + "2,2025-06-01T12:00:10.000001Z,other\n"
        + "1,2025-06-01T12:00:10.000001Z,acme\n",
    )
    [delivery] = delivered([file])
    assert delivery == Delivery(
        source=delivery.source,
        until=at("01T12:06"),
        cursor="2025-06-01T12:06:00+00:00",
        posts=[
            Post("recording", "1", at("01T12:00:10.000001"), "acme"),
            Post("recording", "2", at("01T12:00:10.000001"), "other"),
            Post("recording", "3", at("01T12:05:30"), "acme is late & sorry"),
        ],
        observed=[
            Observed("acme", "recording", at("01T12:00"), at("01T12:06")),
            Observed("other", "recording", at("01T12:00"), at("01T12:01")),
        ],
    )


def test_columns_are_mapped_and_times_without_offset_are_in_the_configured_zone(
    tmp_path: Path,
) -> None:
    file = written(
        tmp_path,
        "\ufefftweet,when,said,who,net,tongue,link,of\n"
        '7,2025-06-01 12:00,"acme,\nlate",joe,X,en-GB,https://x.test/7,6\n',
    )
    configuration = configured(
        "{timezone: America/New_York, columns: {id: tweet, created_at: when, text: said, "
        "author: who, platform: net, lang: tongue, url: link, repost_of: of}}"
    )
    [delivery] = delivered([file], configuration)
    assert delivery.posts == [
        Post("x", "7", at("01T16:00"), "acme,\nlate", "joe", "en", "https://x.test/7", "6")
    ]


def test_json_lines_are_posts_and_dots_reach_into_objects(tmp_path: Path) -> None:
    lines = [
        {
            "id": 12345678901234567890,
            "created_at": "2025-06-01T12:00Z",
            "text": "acme \ud83d",
            "user": {"name": "joe"},
        },
        {"id": "2", "created_at": "2025-06-01T12:01Z", "text": "other", "user": None},
    ]
    packed = gzip.compress("\n".join(map(json.dumps, lines)).encode())
    file = written(tmp_path, packed, "posts.jsonl.gz")
    [delivery] = delivered([file], configured("{columns: {author: user.name}}"))
    assert [(post.id, post.text, post.author) for post in delivery.posts] == [
        ("12345678901234567890", "acme \ufffd", "joe"),
        ("2", "other", None),
    ]


MALFORMED_POSTS = [
    (",2025-06-01T12:00Z,acme", "no id"),
    ("1,,acme", "no time"),
    ("1,2025-06-01T12:00Z,", "no text"),
    ("1,yesterday,acme", f"unreadable time `yesterday`: {TIME_NEEDED}"),
    ("1,1970-01-01T00:00Z,acme", "time `1970-01-01T00:00Z` is before 2006 or in the future"),
    ("1,2099-01-01T00:00Z,acme", "time `2099-01-01T00:00Z` is before 2006 or in the future"),
    (
        "1,0001-01-01T00:00+23:59,acme",
        f"unreadable time `0001-01-01T00:00+23:59`: {TIME_NEEDED}",
    ),
    ("1,2025-06-01T12:00Z", "2 fields instead of 3"),
    ("1,2025-06-01T12:00Z,acme,late", "4 fields instead of 3"),
    ('1,2025-06-01T12:00Z,"acme" late', "',' expected after '\"'"),
    (
        f"1,2025-06-01T12:00Z,{'x' * (LONGEST_FIELD + 1)}",
        f"field larger than field limit ({LONGEST_FIELD})",
    ),
    ("x" * (LONGEST_LINE + 10), f"the line is longer than {LONGEST_LINE:,} characters"),
]


@pytest.mark.parametrize(("row", "problem"), MALFORMED_POSTS, ids=range(len(MALFORMED_POSTS)))
def test_a_malformed_post_is_reported_with_its_line_and_the_rest_goes_on(
    tmp_path: Path, row: str, problem: str
) -> None:
    good = '0,2025-06-01T12:00Z,"acme\n\nlate"\n'
    file = written(tmp_path, POSTS + good + row + "\n" + good)
    assert problems(file) == [f"5: {problem}"]
    assert sum(len(each.posts) for each in delivered([file])) == 2
    assert f"posts.csv:5: {problem}" in refused(file, strict=True)


def test_malformed_json_is_reported_with_its_line(tmp_path: Path) -> None:
    good = '{"id": "1", "created_at": "2025-06-01T12:00Z", "text": "acme"}\n'
    deep = "[" * 100_000
    rows = ['{"id": ', "[]", '{"id": true}', '{"id": "1", "text": "a"}', deep, "", "9" * 5_000]
    file = written(tmp_path, good + "\n".join(rows) + "\n" + good, "posts.ndjson")
    assert problems(file) == [
        "2: no valid JSON",
        "3: no JSON object",
        "4: `id` is no text",
        "5: no time",
        "6: no valid JSON",
        "8: no valid JSON",
    ]


def test_hostile_bytes_have_a_defined_outcome(tmp_path: Path) -> None:
    file = written(tmp_path, POSTS.encode() + b"1\0,2025-06-01T12:00Z,acme \xff\0 \xed\xa0\xbd\n")
    [delivery] = delivered([file])
    [post] = delivery.posts
    assert post.id == "1\ufffd"
    assert post.text.startswith("acme \ufffd\ufffd ")
    assert post.text.encode()


def test_a_quote_that_is_never_closed_costs_no_more_than_a_field(tmp_path: Path) -> None:
    good = "1,2025-06-01T12:00Z,acme\n"
    file = written(tmp_path, POSTS + good + '2,2025-06-01T12:00Z,"acme\n' + good * 3)
    assert problems(file) == ["3: unexpected end of data"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("a;b;c\n1;2;3\n", "has the columns `a`, `b`, `c`; posts need `created_at`"),
        (
            "who,what\n1,2\n",
            "has the columns `who`, `what`; posts need `created_at` (recording.columns",
        ),
        ("created_at,text\n", "set `recording.columns.id`"),
        (POSTS + "1,yesterday,acme\n", "not one row of"),
        ("a,b\n".encode("utf-16"), "is not UTF-8"),
        (gzip.compress(POSTS.encode() * 99, mtime=0)[:-9], "is no whole gzip file"),
        ("x" * (LONGEST_LINE + 1), "longer than"),
        ('"never closed\n', "is no CSV"),
    ],
)
def test_a_file_of_no_use_is_named_with_what_to_do(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    told = refused(written(tmp_path, content))
    assert message in told
    assert "posts.csv" in told


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "none.csv cannot be read" in refused(tmp_path / "none.csv")
    assert "cannot be read" in refused(tmp_path)


def test_a_column_that_was_configured_must_be_there(tmp_path: Path) -> None:
    file = written(tmp_path, POSTS + "1,2025-06-01T12:00Z,acme\n")
    assert "set `recording.columns.author`" in refused(file, configured("{columns: {author: who}}"))


def test_platforms_are_bounded(tmp_path: Path) -> None:
    rows = "".join(f"{n},2025-06-01T12:00Z,acme,p{n}\n" for n in range(150))
    file = written(tmp_path, "id,created_at,text,platform\n" + rows + "1,2025-06-01T12:00Z,a,?!\n")
    found = problems(file)
    assert len(found) == 51
    assert "more than 100 platforms" in found[0]
    assert "`?!` is no platform" in found[-1]


def test_only_a_hundred_malformed_rows_are_kept_but_all_are_counted(tmp_path: Path) -> None:
    file = written(tmp_path, POSTS + "1,2025-06-01T12:00Z,acme\n" + ",,\n" * 250)
    with Recording([file], configured(), now=NOW) as recording:
        recording.open()
        assert (len(recording.malformed), recording.malformed_count) == (100, 250)


def test_declared_ends_stand_for_the_first_and_last_post(tmp_path: Path) -> None:
    file = written(
        tmp_path, POSTS + "1,2025-06-01T12:00Z,acme other\n2,2025-06-01T12:09:59Z,acme other\n"
    )
    recording = (
        "{observed: {acme: {from: 2025-06-01T12:04:30Z}, "
        "other: {from: 2025-06-01T11:00:00Z, to: 2025-06-01T13:00:00Z}}}"
    )
    [delivery] = delivered([file], configured(recording))
    assert delivery.observed == [
        Observed("acme", "recording", at("01T12:05"), at("01T12:10")),
        Observed("other", "recording", at("01T11:00"), at("01T13:00")),
    ]
    assert delivery.until == at("01T13:00")
    assert len(delivery.posts) == 2


def test_a_brand_nobody_mentions_is_silent_where_both_ends_are_declared(tmp_path: Path) -> None:
    file = written(tmp_path, POSTS + "1,2025-06-01T12:00Z,acme\n")
    both = "{observed: {other: {from: 2025-06-01T12:00:00Z, to: 2027-06-01T12:00:00Z}}}"
    last = delivered([file], configured(both))[-1]
    assert last.until == NOW
    assert [observed.brand for observed in last.observed] == ["other"]


def test_counts_are_read_topic_by_topic_and_their_runs_are_what_was_observed(
    tmp_path: Path,
) -> None:
    file = written(
        tmp_path,
        "series,timestamp,count,authors\n"
        "acme/late@x,2025-06-01T12:01Z,5,3\n"
        "acme/late@x,2025-06-01T12:00Z,4,\n"
        "acme/late@x,2025-06-01T12:03Z,0,0\n"
        "Acme,2025-06-01T12:00Z,7.0,7\n",
        "counts.csv",
    )
    [delivery] = delivered([file])
    assert delivery.counts == [
        Count("acme", "all", "recording", at("01T12:00"), 7, 7),
        Count("acme", "late", "x", at("01T12:00"), 4, None),
        Count("acme", "late", "x", at("01T12:01"), 5, 3),
        Count("acme", "late", "x", at("01T12:03"), 0, 0),
    ]
    assert delivery.observed == [
        Observed("acme", "recording", at("01T12:00"), at("01T12:01"), "all"),
        Observed("acme", "x", at("01T12:00"), at("01T12:02"), "late"),
        Observed("acme", "x", at("01T12:03"), at("01T12:04"), "late"),
    ]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_the_delimiter_of_counts_is_found_in_the_header(tmp_path: Path, mark: str) -> None:
    text = COUNTS + "acme/late,2025-06-01T12:00Z,4\n"
    [delivery] = delivered([written(tmp_path, text.replace(",", mark), "counts.csv")])
    assert delivery.counts == [Count("acme", "late", "recording", at("01T12:00"), 4)]


def test_rows_are_counted_with_those_that_mention_a_brand(tmp_path: Path) -> None:
    rows = "1,2025-06-01T12:00Z,acme\n2,2025-06-01T12:00Z,nobody\n1,2025-06-01T12:01Z,acme\n,,\n"
    files = [
        written(tmp_path, POSTS + rows),
        written(tmp_path, COUNTS + "acme,2025-06-01T12:00Z,4\n" * 2, "counts.csv"),
    ]
    with Recording(files, configured(), now=NOW) as recording:
        recording.open()
        found = (recording.posts, recording.mentions, recording.counts, recording.malformed_count)
    assert found == (3, 2, 1, 2)


def test_absent_counts_can_be_zero_from_the_first_to_the_last(tmp_path: Path) -> None:
    rows = "acme,2025-06-01T12:00Z,4\nacme,2025-06-01T12:01Z,4\nacme,2025-06-03T12:03Z,1\n"
    deliveries = delivered([written(tmp_path, COUNTS + rows)], configured("{absent: zero}"))
    assert [(o.since, o.until) for each in deliveries for o in each.observed] == [
        (at("01T12:00"), at("02T12:00")),
        (at("02T12:00"), at("03T12:00")),
        (at("03T12:00"), at("03T12:04")),
    ]


def test_a_bucket_of_finer_counts_is_observed_only_when_none_is_absent(tmp_path: Path) -> None:
    minutes = [minute for minute in range(30) if minute not in (7, 29)]
    rows = "".join(f"acme,2025-06-01T12:{minute:02}Z,1\n" for minute in minutes)
    [delivery] = delivered([written(tmp_path, COUNTS + rows)], configured(bucket="5m"))
    assert [(o.since, o.until) for o in delivery.observed] == [
        (at("01T12:00"), at("01T12:05")),
        (at("01T12:10"), at("01T12:25")),
    ]


@pytest.mark.parametrize(("minutes", "remedy"), [(5, "set `bucket: 5m`"), (1440, "every hour")])
@pytest.mark.parametrize("absent", ["missing", "zero"])
def test_counts_further_apart_than_a_bucket_are_refused_with_the_remedy(
    tmp_path: Path, minutes: int, remedy: str, absent: str
) -> None:
    start = datetime(2025, 6, 1, tzinfo=UTC)
    times = [start + n * timedelta(minutes=minutes) for n in range(10)]
    rows = "".join(f"acme,{time.isoformat()},1\n" for time in times)
    told = refused(written(tmp_path, COUNTS + rows), configured(f"{{absent: {absent}}}"))
    assert "acme/all@recording" in told
    assert "a bucket has 1m" in told
    assert remedy in told


def test_malformed_counts_are_reported_with_their_line(tmp_path: Path) -> None:
    rows = [
        "acme,2025-06-01T12:00Z,1",
        "acme,2025-06-01T12:00Z,2",
        "amce,2025-06-01T12:00Z,2",
        "acme/lat,2025-06-01T12:00Z,2",
        "acme,2025-06-01T12:01Z,-1",
        "acme,2025-06-01T12:01Z,1.5",
        "acme,2025-06-01T12:01Z,many",
        "acme,2025-06-01T12:01Z",
        "acme,2099-06-01T12:01Z,1",
    ]
    assert problems(written(tmp_path, COUNTS + "\n".join(rows))) == [
        "3: its series has a count for this time",
        "4: unknown brand in series `amce`: did you mean `acme`?",
        "5: unknown topic in series `acme/lat`: did you mean `late`?",
        "6: count `-1` is no whole number of 0 or more",
        "7: count `1.5` is no whole number of 0 or more",
        "8: count `many` is no whole number of 0 or more",
        "9: 2 fields instead of 3",
        "10: time `2099-06-01T12:01Z` is before 1970 or in the future",
    ]


def test_a_file_without_series_is_one_series_named_as_the_file(tmp_path: Path) -> None:
    content = gzip.compress(b"timestamp,value\n1980-09-25T14:01:00,3\n")
    [delivery] = delivered([written(tmp_path, content, "Acme.csv.gz")])
    assert delivery.counts[0].brand == "acme"
    assert "unknown brand in series `acne`" in refused(
        written(tmp_path, "timestamp,value\n1980-09-25T14:01:00,3\n", "acne.csv")
    )


def table(rows: Sequence[tuple[int, int, str]]) -> str:
    """Posts (id, second, text) as a file."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "created_at", "text"])
    start = datetime(2025, 6, 1, tzinfo=UTC)
    writer.writerows([id, start + timedelta(seconds=second), text] for id, second, text in rows)
    return out.getvalue()


ROWS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.integers(0, 200) | st.integers(0, 500_000),
        st.sampled_from(["acme", "other late", "nobody", "acme\nother"]),
    ),
    max_size=40,
)
BATCH = st.integers(1, 6)
ANY_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@ANY_FOLDER
@given(ROWS, BATCH)
def test_every_good_row_is_delivered_once_in_order_whatever_the_order_of_the_file(
    tmp_path: Path, rows: list[tuple[int, int, str]], max_posts: int
) -> None:
    deliveries = delivered([written(tmp_path, table(rows))], max_posts=max_posts)
    start = datetime(2025, 6, 1, tzinfo=UTC)
    posts = [post for each in deliveries for post in each.posts]
    found = [(post.created_at, post.id, post.text) for post in posts]
    assert Counter(found) == Counter(
        (start + timedelta(seconds=second), str(id), text) for id, second, text in rows
    )
    assert [key[:2] for key in found] == sorted(key[:2] for key in found)


@ANY_FOLDER
@given(ROWS, BATCH)
def test_a_delivery_has_all_there_is_before_its_end_and_spans_no_more_than_a_day(
    tmp_path: Path, rows: list[tuple[int, int, str]], max_posts: int
) -> None:
    deliveries = delivered([written(tmp_path, table(rows))], max_posts=max_posts)
    minute = timedelta(minutes=1)
    for before, after in pairwise(deliveries):
        assert timedelta(0) <= after.until - before.until <= timedelta(days=1)
        assert all(post.created_at >= before.until for post in after.posts)
    for each in deliveries:
        assert each.until.replace(second=0, microsecond=0) == each.until
        partly = [post for post in each.posts if post.created_at >= each.until]
        assert all(post.created_at < each.until + minute for post in partly)
        assert not partly or "+" in each.cursor.removesuffix("+00:00").partition(" ")[2]
        assert all(observed.until <= each.until for observed in each.observed)


@ANY_FOLDER
@given(ROWS, BATCH, st.data())
def test_going_on_from_any_cursor_gives_exactly_the_rest(
    tmp_path: Path, rows: list[tuple[int, int, str]], max_posts: int, data: st.DataObject
) -> None:
    file = written(tmp_path, table(rows))
    whole = delivered([file], max_posts=max_posts)
    if not whole:
        return
    n = data.draw(st.integers(0, len(whole) - 1))
    rest = delivered([file], cursor=whole[n].cursor, max_posts=max_posts)
    assert rest == whole[n + 1 :]


COUNTED = st.dictionaries(
    st.tuples(st.sampled_from(["acme", "acme/late@x", "other"]), st.integers(0, 40)),
    st.integers(0, 9),
    max_size=60,
)


@ANY_FOLDER
@given(COUNTED, BATCH, st.data())
def test_what_is_observed_of_counts_depends_on_no_batch_and_no_restart(
    tmp_path: Path, counted: dict[tuple[str, int], int], max_posts: int, data: st.DataObject
) -> None:
    rows = [
        f"{series},{datetime(2025, 6, 1, tzinfo=UTC) + timedelta(minutes=minute)},{count}\n"
        for (series, minute), count in counted.items()
    ]
    file, hourly = written(tmp_path, COUNTS + "".join(rows)), configured(bucket="1h")
    whole = delivered([file], hourly)
    parts = delivered([file], hourly, max_posts=max_posts)
    if parts:
        n = data.draw(st.integers(0, len(parts) - 1))
        assert delivered([file], hourly, parts[n].cursor, max_posts) == parts[n + 1 :]
    for what in ("counts", "observed"):
        assert [row for each in parts for row in getattr(each, what)] == [
            row for each in whole for row in getattr(each, what)
        ]


def test_what_lies_ahead_is_counted_and_progress_ends_with_all_bytes(tmp_path: Path) -> None:
    file = written(tmp_path, table([(n, 60 * n, "acme") for n in range(20_000)]))
    told: list[tuple[int, int]] = []
    with Recording([file], configured(), now=NOW) as recording:
        assert recording.open(progress=lambda done, total: told.append((done, total))) == 20_000
        assert told == sorted(told)
        assert told[-1] == (file.stat().st_size, file.stat().st_size)
        assert recording.open("2025-06-01T01:00:00+00:00 +1") == 20_000 - 61
        assert recording.platforms == ["recording"]


def test_a_bucket_of_too_many_is_delivered_in_parts_and_can_be_gone_on_with(tmp_path: Path) -> None:
    file = written(tmp_path, table([(n, n, "acme") for n in range(60)]))
    parts = delivered([file], max_posts=2)
    assert [(len(each.posts), each.cursor[11:19] + each.cursor[25:]) for each in parts] == [
        (20, "00:00:00 +20"),
        (20, "00:00:00 +40"),
        (20, "00:00:00 +60"),
        (0, "00:01:00"),
    ]
    assert [each.observed for each in parts[:3]] == [[], [], []]
    assert delivered([file], cursor=parts[1].cursor, max_posts=2) == parts[2:]


def test_the_same_contents_have_the_same_name_and_others_another(tmp_path: Path) -> None:
    one = written(tmp_path, POSTS + "1,2025-06-01T12:00Z,acme\n", "one.csv")
    two = written(tmp_path, POSTS + "2,2025-06-01T12:00Z,acme\n", "two.csv")
    copy = written(tmp_path, one.read_bytes(), "copy.csv")

    def name(*files: Path) -> str:
        return Recording(files, configured(), now=NOW).name

    assert name(one, two) == name(two, copy)
    assert name(one) != name(two)


def test_the_spool_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, POSTS + "1,2025-06-01T12:00Z,acme\n")
    spools = tmp_path / "spools"
    spools.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spools))
    with Recording([file], configured(), now=NOW) as recording:
        recording.open()
        assert list(spools.iterdir())
        recording.open()
    assert not list(spools.iterdir())


def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    def peak(posts: int) -> int:
        text = "acme " + "x" * 1_000
        file = written(tmp_path, table([(n, n, text) for n in range(posts)]))
        with Recording([file], configured(), now=NOW) as recording:
            tracemalloc.start()
            recording.open()
            assert sum(len(each.posts) for each in recording.deliveries(500)) == posts
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return most

    assert peak(20_000) < 1.5 * peak(10_000)


def test_a_cursor_of_something_else_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, POSTS + "1,2025-06-01T12:00Z,acme\n")
    with pytest.raises(ValueError, match="no cursor"):
        delivered([file], cursor='{"since": 12}')


@pytest.mark.skipif(not AIRLINES.is_file(), reason="the airlines' recording is not at hand")
def test_the_airlines_week_is_read_whole() -> None:
    configuration = load(EXAMPLE)
    with Recording([AIRLINES], configuration, now=NOW, strict=True) as recording:
        assert recording.open() == 14_485
        deliveries = list(recording.deliveries())
    assert sum(len(each.posts) for each in deliveries) == 14_485
    assert not [post for each in deliveries for post in each.posts if "&amp;" in post.text]
    first = {
        brand: min(o.since for each in deliveries for o in each.observed if o.brand == brand)
        for brand in configuration.brands
    }
    assert first["american"] == datetime(2015, 2, 22, 20, tzinfo=UTC)
    assert first["us-airways"] == datetime(2015, 2, 17, 16, tzinfo=UTC)
    assert first["jetblue"] == datetime(2015, 2, 17, 7, 36, tzinfo=UTC)

"""Whatever a recording holds has a defined outcome: it is stored, or reported with its place."""

import gzip
import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.posts import Post
from monitor.store import Database, schema
from tests.airline import BEGIN, CONFIGURATION, days, post, write
from tests.monitor.command_line import Answer, Seawall, in_process

HEADER = b"id,created_at,text\n"
FIRST = b"1,2026-03-02T08:00Z,@FjordwingAir good morning\n"
LAST = b"9,2026-03-02T09:00Z,@FjordwingAir good night\n"
GOOD = [("1", "@FjordwingAir good morning"), ("9", "@FjordwingAir good night")]


@pytest.fixture
def seawall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Seawall:
    monkeypatch.chdir(tmp_path)
    Path("fjordwing.yaml").write_text(CONFIGURATION, encoding="utf-8")
    return in_process(monkeypatch, capsys)


def replay(seawall: Seawall, content: bytes, name: str = "posts.csv") -> Answer:
    Path(name).write_bytes(content)
    return seawall("replay", name, "--config", "fjordwing.yaml")


def stored() -> list[tuple[str, str]]:
    """Id and text of every post in the store, by time."""
    query = select(schema.post.c.id, schema.post.c.text).order_by(schema.post.c.created_at)
    with closing(Database.open("sqlite:///seawall.db")) as store, store.read() as connection:
        return [(id, text) for id, text in connection.execute(query)]


# A row between two good ones, and the text that is stored of it.
KEPT = {
    "a text of 100 kB": (b"@FjordwingAir" + b"!" * 100_000, "@FjordwingAir" + "!" * 9986 + "…"),
    "control characters": (b"@FjordwingAir \x1b[2J\x07\x08", "@FjordwingAir \x1b[2J\x07\x08"),
    "a NUL": (b"@FjordwingAir a\0b", "@FjordwingAir a\ufffdb"),
    "broken UTF-8": (b"@FjordwingAir gr\xfc\xdf", "@FjordwingAir gr\ufffd\ufffd"),
    "a surrogate in UTF-8": (b"@FjordwingAir \xed\xa0\x80", "@FjordwingAir \ufffd\ufffd\ufffd"),
    "quoted line breaks": (b'"@FjordwingAir\n\n""hi"", you"', '@FjordwingAir\n\n"hi", you'),
    "HTML escaped twice": (b"@FjordwingAir &lt;b&gt; &amp;lt;", "@FjordwingAir <b> &lt;"),
    "a direction override": ("@FjordwingAir \u202eevil".encode(), "@FjordwingAir \u202eevil"),
    "CRLF": (b"@FjordwingAir hi\r", "@FjordwingAir hi"),
}

# A row between two good ones, and what is said of it.
REFUSED = {
    "1970": (b"5,1970-01-01T00:00Z,@FjordwingAir", "is before 2006 or in the future"),
    "2099": (b"5,2099-01-01T00:00Z,@FjordwingAir", "is before 2006 or in the future"),
    "no time": (b"5,,@FjordwingAir", "no time"),
    "another kind of time": (b"5,02/03/2026,@FjordwingAir", "unreadable time `02/03/2026`"),
    "no id": (b" ,2026-03-02T08:30Z,@FjordwingAir", "no id"),
    "no text": (b"5,2026-03-02T08:30Z,", "no text"),
    "blank text": (b"5,2026-03-02T08:30Z, \t", "no text"),
    "a field too few": (b"5,2026-03-02T08:30Z", "2 fields instead of 3"),
    "a field too many": (b"5,2026-03-02T08:30Z,@FjordwingAir,hi", "4 fields instead of 3"),
    "a wrong quote": (b'5,2026-03-02T08:30Z,"@FjordwingAir" hi', "',' expected after '\"'"),
    "an escape in the time": (b"5,\x1b[2J,@FjordwingAir", "unreadable time `␛[2J`"),
}

# A whole file that is taken, and the posts that are stored of it.
TAKEN = {
    "a header only": (HEADER, []),
    "no line break at the end": (HEADER + FIRST + LAST[:-1], GOOD),
    "a byte order mark": (b"\xef\xbb\xbf" + HEADER + FIRST + LAST, GOOD),
    "CRLF": ((HEADER + FIRST + LAST).replace(b"\n", b"\r\n"), GOOD),
    "empty lines": (HEADER + b"\n" + FIRST + b"\n\n" + LAST, GOOD),
    "rows in any order": (HEADER + LAST + FIRST, GOOD),
    "gzip under another name": (gzip.compress(HEADER + FIRST + LAST), GOOD),
    "rows that are there twice": (HEADER + FIRST + LAST + FIRST, GOOD),
    "an id at two times, the first of which counts": (
        HEADER + LAST + b"1,2026-03-02T08:30Z,@FjordwingAir again\n" + FIRST,
        GOOD,
    ),
    "semicolons": (
        b'id;created_at;text, in full;text\n1;2026-03-02 08:00;a;"@FjordwingAir good morning"\n',
        GOOD[:1],
    ),
    "tabs": ((HEADER + FIRST + LAST).replace(b",", b"\t"), GOOD),
    "posts that mention nobody": (HEADER + FIRST + b"5,2026-03-02T08:30Z,hello\n" + LAST, GOOD),
}

# A file of no use, and what is said of it; nothing is stored.
USELESS = {
    "nothing": (b"", "posts.csv is empty"),
    "columns missing": (
        b"id,text\n1,@FjordwingAir\n",
        "posts need `created_at` (recording.columns.created_at)",
    ),
    "not one good row": (HEADER + b"1,yesterday,hi\n", "not one row of posts.csv can be used"),
    "gzip that is cut off": (gzip.compress((HEADER + FIRST) * 999)[:-9], "is no whole gzip file"),
    "gzip that is damaged": (gzip.compress(FIRST * 99)[:30] + b"!" * 99, "is no whole gzip file"),
    "UTF-16": ((HEADER + FIRST).decode().encode("utf-16"), "is not UTF-8 text"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0" * 50, "has the columns `\ufffdPNG`"),
    "bars": (b"id|created_at|text\n", "separate the columns by commas, semicolons or tabs"),
}


@pytest.mark.parametrize("case", KEPT)
def test_a_strange_text_is_stored_as_it_can_be(case: str, seawall: Seawall) -> None:
    given, expected = KEPT[case]
    row = b"5,2026-03-02T08:30Z," + given + b"\n"
    answer = replay(seawall, HEADER + FIRST + row + LAST)
    assert answer.status == 0, answer.err
    assert stored() == [GOOD[0], ("5", expected), GOOD[1]]


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_row_is_named_and_the_good_ones_are_kept(case: str, seawall: Seawall) -> None:
    row, problem = REFUSED[case]
    answer = replay(seawall, HEADER + FIRST + row + b"\n" + LAST)
    assert answer.status == 0, answer.err
    assert "1 row could not be used:\n  posts.csv:3: " in answer.err
    assert problem in answer.err
    assert stored() == GOOD


@pytest.mark.parametrize("case", TAKEN)
def test_a_file_is_read_however_it_was_written(case: str, seawall: Seawall) -> None:
    content, expected = TAKEN[case]
    answer = replay(seawall, content)
    assert answer.status == 0, answer.err
    assert "could not be used" not in answer.err
    assert stored() == expected


@pytest.mark.parametrize("case", USELESS)
def test_a_file_of_no_use_is_refused_whole_and_says_why(case: str, seawall: Seawall) -> None:
    content, message = USELESS[case]
    answer = replay(seawall, content)
    assert (answer.status, answer.out) == (2, "")
    assert message in answer.err
    assert "Traceback" not in answer.err
    assert stored() == []


def test_what_is_not_utf8_is_said_once_and_what_is_names_nothing(seawall: Seawall) -> None:
    genuine = "5,2026-03-02T08:30Z,@FjordwingAir \ufffd\n".encode()
    assert "UTF-8" not in replay(seawall, HEADER + FIRST + genuine).err
    latin = "5,2026-03-02T08:30Z,@FjordwingAir grüß\n6,2026-03-02T08:31Z,@FjordwingAir ö\n"
    answer = replay(seawall, HEADER + FIRST + latin.encode("latin-1"), "latin.csv")
    warning = "latin.csv is not UTF-8; characters were replaced; save it as CSV UTF-8\n"
    assert answer.err.count(warning) == 1


def test_times_without_an_offset_are_said_to_be_utc_unless_a_zone_is_chosen(
    seawall: Seawall,
) -> None:
    naive = HEADER + FIRST.replace(b"T08:00Z", b" 08:00")
    warning = "times without an offset are read as UTC (recording.timezone)\n"
    assert replay(seawall, naive + LAST.replace(b"T09:00Z", b" 09:00")).err.count(warning) == 1
    assert "offset" not in replay(seawall, HEADER + FIRST).err
    chosen = CONFIGURATION.replace("platform: x", "platform: x, timezone: UTC")
    Path("fjordwing.yaml").write_text(chosen, encoding="utf-8")
    assert "offset" not in replay(seawall, naive).err


def test_a_folder_is_no_file(seawall: Seawall) -> None:
    Path("posts").mkdir()
    answer = seawall("replay", "posts", "--config", "fjordwing.yaml")
    assert answer.status == 2
    assert "posts cannot be read: Is a directory" in answer.err


def test_what_json_can_say_and_no_store_can_keep_is_replaced(seawall: Seawall) -> None:
    row = {"created_at": "2026-03-02T08:30Z", "text": "@FjordwingAir \ud800\0"}
    odd = [{"id": "\udfff"}, {"id": "5", "author": "\ud800"}, {"id": {}}, {"id": "6", "text": []}]
    lines = "\n".join(json.dumps(row | one) for one in odd) + '\n{"id": "7",\nnull\n'
    answer = replay(seawall, lines.encode(), "posts.jsonl")
    assert answer.status == 0, answer.err
    assert "4 rows could not be used:" in answer.err
    for place in ("3: `id` is no text", "4: `text` is no text", "5: no valid JSON", "6: no JSON"):
        assert f"posts.jsonl:{place}" in answer.err
    assert sorted(stored()) == [
        ("5", "@FjordwingAir \ufffd\ufffd"),
        ("\ufffd", "@FjordwingAir \ufffd\ufffd"),
    ]


def test_a_place_in_a_file_is_shown_as_it_is(seawall: Seawall) -> None:
    content = HEADER + FIRST * 98 + b"5,yesterday,hi\n"
    answer = replay(seawall, content, "[red].csv")
    assert "  [red].csv:100: unreadable time" in answer.err


def test_a_silent_brand_may_be_observed_where_no_row_comes_from(seawall: Seawall) -> None:
    declared = "{otherwing: {from: 2026-03-02T00:00Z, to: 2026-03-03T00:00Z}}"
    text = CONFIGURATION.replace("{platform: x}", f"{{platform: forum, observed: {declared}}}")
    Path("fjordwing.yaml").write_text(text, encoding="utf-8")
    write(Path("posts.csv"), days(1))
    assert seawall("replay", "posts.csv", "--config", "fjordwing.yaml").status == 0


HOSTILE = (
    "<script>alert(1)</script> <!channel> {{ 7*7 }} {% raw %} [bold]x[/bold] [link=x] :100: "
    "\x1b[2J\x1b]8;;http://evil.example\x07 \x9b31m \u202eevil\u2066 https://x.example/?a=1&b"
)


def hostile_flood() -> list[Post]:
    """A flood in which everybody writes something else, all of it with the same tricks."""
    begin = BEGIN + timedelta(days=3)
    return [
        post(
            begin + timedelta(seconds=20 * i),
            f"@FjordwingAir booking? {HOSTILE} " + " ".join(f"word{i}{n}" for n in range(40)),
            id=f"{i} {HOSTILE}",
            author=f"{i}{HOSTILE}",
        )
        for i in range(60)
    ]


def test_what_strangers_write_is_shown_as_text_and_does_nothing(seawall: Seawall) -> None:
    write(Path("posts.csv"), [*days(3), *hostile_flood()])
    answer = seawall("replay", "posts.csv", "--config", "fjordwing.yaml", "--report", "report.json")
    assert answer.status == 0, answer.err
    shown = seawall("incidents", "show", "fjordwing")
    assert shown.status == 0
    text = " ".join(shown.out.replace("│", " ").split())
    for trick in ("<script>alert(1)</script> <!channel> {{ 7*7 }} {% raw %}", "[bold]x[/bold]"):
        assert trick in text
    for harmless in ("[link=x] :100: ␛[2J␛]8;;http://evil.example␇", "‹U+009B›31m", "‹U+202E›evil"):
        assert harmless in text
    data = seawall("incidents", "show", "fjordwing", "--json")
    for output in (shown.out, data.out, answer.out, answer.err):
        assert not {"\x1b", "\x07", "\x9b", "\u202e", "\u2066"} & set(output)
    [reported] = json.loads(Path("report.json").read_text("utf-8"))["incidents"]
    assert data.data["examples"] == reported["examples"]
    assert {id.partition(" ")[2] for id in reported["examples"]} == {HOSTILE}
    assert "<script>" not in str(reported["holding_messages"])

import json
import operator
import re
import string
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.words.phases import Channel
from detectors.vocabulary import Series
from monitor.configuration import (
    Configuration,
    ConfigurationError,
    Problem,
    Rate,
    check,
    load,
    loads,
)
from monitor.configuration.document import BIGGEST, parse
from monitor.configuration.publishing import account

SMALLEST = "brands:\n  acme: {name: Acme, terms: [acme]}\n"


def problems(text: str) -> list[Problem]:
    with pytest.raises(ConfigurationError) as caught:
        loads(text, "seawall.yaml")
    return caught.value.problems


def told(text: str) -> dict[str, tuple[int, str, str]]:
    return {each.path: (each.line, each.message, each.hint) for each in problems(text)}


def test_a_brand_is_all_that_must_be_configured() -> None:
    configuration = loads(SMALLEST)
    assert configuration.timezone == "UTC"
    assert configuration.languages == ("en",)
    assert configuration.bucket == timedelta(minutes=1)
    assert configuration.false_alarms == Rate(4, 30)
    assert configuration.detector.kind == "seasonal"
    assert [choice.kind for choice in configuration.notify] == ["terminal"]
    assert configuration.incidents.policy.resolve_after == timedelta(hours=1)
    assert configuration.series(["x"]) == [Series("acme", "all", "x")]


def test_every_mistake_is_reported_at_once_with_its_place_and_a_hint() -> None:
    found = told("""\
timezone: Europe/Berln
bucket: 7m
brands:
  Big Air: {name: x}
  acme:
    name: Acme
    term: [acme]
    terms: {en: [747, "*"], xx: [a]}
    topics: [cancelations]
topics:
  cancellations:
    name:
    situation: cancelations
  all: {name: x}
detector: {kind: seasonal, warm: 1}
notify: [{kind: pigeon}]
recording:
  absent: nul
  observed: {amce: {from: 2015-02-22T20:00:00}}
incidents: {resolve_after: 1 hour}
service_hours: {mun: "07:00-19:00"}
""")
    assert found["timezone"] == (1, "is no time zone", "did you mean `Europe/Berlin`?")
    assert found["bucket"][:2] == (2, "must divide an hour")
    assert found["brands.Big Air"][0] == 4
    assert "`big-air`" in found["brands.Big Air"][2]
    assert found["brands.acme.term"] == (7, "is no option here", "did you mean `terms`?")
    assert found["brands.acme.terms.en[0]"] == (8, "is not text", 'quote it: "747"')
    assert found["brands.acme.terms.en[1]"][1] == "has no letter or digit"
    assert found["brands.acme.terms.xx"][1] == "is no language"
    assert found["brands.acme.topics[0]"][2] == "did you mean `cancellations`?"
    assert found["topics.cancellations.name"][:2] == (12, "has no value")
    assert found["topics.cancellations.situation"][2] == "did you mean `cancellations`?"
    assert found["topics.all"][:2] == (14, "cannot be defined")
    assert found["detector.warm"][:2] == (15, "is no option here")
    assert "warm_up_hours" in found["detector.warm"][2]
    assert found["notify[0]"][1] == "has an unknown kind `pigeon`"
    assert found["recording.absent"][0] == 18
    assert found["recording.observed.amce"][1] == "is no brand of this file"
    assert found["recording.observed.amce.from"][1] == "has no offset from UTC"
    assert found["incidents.resolve_after"][1] == "is no duration"
    assert found["service_hours"][0] == 21
    assert len(found) == 18


def test_a_problem_reads_as_one_line_with_file_line_value_and_hint() -> None:
    [problem] = problems("bucket: 7m\n" + SMALLEST)
    assert str(problem) == (
        "seawall.yaml:1: bucket must divide an hour: '7m' "
        "(from `10s` to `1h`, for instance `1m`, `5m` or `15m`)"
    )


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "is empty"),
        ("# nothing\n", 1, "is empty"),
        ("- brands\n", 1, "is not a mapping"),
        ("brands:\n\tacme: 1\n", 2, "is no YAML"),
        ("brands: [1\n", 2, "is no YAML"),
        ("a: 1\n---\nb: 2\n", 2, "is no YAML"),
        ("a: 1\nb: \x07\n", 2, "has a character that YAML forbids"),
        ("a: \ud800\n", 1, "is not UTF-8"),
        ("a: " + "[" * 5_000, 1, "is nested too deeply"),
        ("a: " + "[" * 30 + "]" * 30, 1, "is nested too deeply"),
        ("a: " + "x" * BIGGEST, 1, "is larger than 300,000 bytes"),
    ],
)
def test_what_is_no_configuration_at_all_has_a_place_and_a_remedy(
    text: str, line: int, message: str
) -> None:
    [problem] = problems(text)
    assert (problem.line, problem.message[: len(message)]) == (line, message)
    assert problem.hint


def test_what_cannot_be_read_is_told_beside_what_is_read_and_wrong() -> None:
    found = told(
        SMALLEST + "languages: !!python/object:os.system x\n? [a]\n: 1\nbucket: 7m\nbucket: 1m\n"
    )
    assert {path: (line, message) for path, (line, message, _) in found.items()} == {
        "languages": (3, "is no value of the kind `python/object:…"),
        "": (4, "has a key that is no word"),
        "bucket": (7, "stands twice"),
    }


WHOLE = """\
notify: [{kind: terminal, width: 100}, {kind: slack, channel: C0SEAWALL}]
brands:
  acme:
    name: Acme
    terms: [acme]
    facts: {report_url: "https://a.example"}
    voice:
      emoji: false
      domains: [a.example]
      names: {app: {en: the app}}
      rules: {en: [{id: guests, find: [guest*], phases: [seen], why: We carry passengers.}]}
    whose: own
    team: care
    holidays: NO
words: {confirm: {flights: [kari]}, approve: {de: [kari], "*": [kari]}, legal: [kari]}
publish: [{kind: x, brand: acme}]
topics: {delays: {name: Delays, terms: {en: [delay*]}, situation: delays}}
languages: [en]
bucket: 1m
false_alarms: 4 per 30 days
calendar: [{name: Sale, from: 2026-07-01, to: 2026-07-03, factor: 3, brands: [acme]}]
recording: {columns: {id: a}, absent: zero}
http:
  port: 80
  url: "https://a.example"
  tokens: {kari: {scopes: [act], secret: {env: A}}}
heartbeat: {url: {env: BEAT}, every: 1m}
people: {kari: {name: Kari, slack: U0KARI1, email: k@a.example, reach: [slack], rights: [act]}}
teams:
  care:
    name: Care
    people: [kari]
    channel: [terminal]
    service_hours: {mon-fri: "07:00-19:00"}
    holidays: NO
    holiday_hours: "10:00-16:00"
    on_call:
      people: [kari]
      from: 2026-11-02T09:00
      overrides: [{from: 2026-12-24, to: 2026-12-26, person: kari}]
    ladder: [{after: 10m, to: [next]}]
  content: {name: Content, channel: [terminal], pause_from: major}
duty_list: [{function: Control, phone: +47 5550 0100}]
targets: {detected: 15m}
tripwires: {enabled: true, words: {en: [gas + terminal]}}
restricted: {people: [kari], channel: [slack], topics: [delays]}
timetable: {departures: {mon: {06: 42}}}
keep_posts: 30d
"""
PYDANTICS = re.compile(r"[Ii]nput|valid|should|pattern|[Tt]uple|dictionary|instance of|[\^$\\]")


def places_in(data: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    if isinstance(data, dict | list):
        for key, each in data.items() if isinstance(data, dict) else enumerate(data):
            yield from places_in(each, (*path, key))


@pytest.mark.parametrize("value", [{}, [], "", "?", 25, -1.5, True, None, [None], {"?": "?"}])
def test_whatever_is_wrong_is_told_in_our_words_with_what_is_needed(value: object) -> None:
    assert loads(WHOLE).people
    data = parse(WHOLE.encode(), "seawall.yaml").data
    for place in places_in(data):
        changed = deepcopy(data)
        within = reduce(operator.getitem, place[:-1], changed)
        within[place[-1]] = value
        try:
            loads(json.dumps(changed))
        except ConfigurationError as error:
            for one in error.problems:
                assert not PYDANTICS.search(f"{one.message} {one.hint}".replace("for instance", ""))
                assert one.hint


def test_what_messages_state_of_a_brand_is_known_and_written_so_that_it_can_be_stated() -> None:
    brand = "brands: {acme: {name: Acme, terms: [acme], facts: {%s}}}"
    facts = loads(brand % "own_handles: '@acme ,@acmecare'").brands["acme"].facts
    assert facts == {"own_handles": "@acme, @acmecare"}
    found = told(brand % "report_ulr: a, next_update: '14:30', help_url: www.acme.example")
    assert {path.rpartition(".")[2]: each[1:] for path, each in found.items()} == {
        "report_ulr": ("is no fact that messages state", "did you mean `report_url`?"),
        "next_update": (
            "does not stand once and for all",
            "it is said of an incident: seawall facts confirm ID next_update …",
        ),
    }
    [problem] = problems(brand % "help_url: www.acme.example")
    assert (problem.path, problem.hint) == (
        "brands.acme.facts.help_url",
        "Help: 'www.acme.example' is no link: write https://…",
    )


def test_a_hint_is_about_the_option_and_not_about_what_is_around_it() -> None:
    brand = "brands: {acme: {name: Acme, terms: [acme], voice: {emoji: 3}}}\n"
    notify = "notify: [{kind: webhook, url: {evn: A}, secret: {env: 1}}]\nlanguages: [true]\n"
    found = {path: hint for path, (_, _, hint) in told(brand + notify).items()}
    assert found["brands.acme.voice.emoji"] == "for instance `emoji: false`"
    assert found["notify[0].url.evn"] == "did you mean `env`?"
    assert found["notify[0].secret.env"] == 'quote it: "1"'
    assert found["languages[0]"] == 'quote it: "true"'


def test_aliases_that_multiply_are_refused_before_they_fill_the_memory() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for n in range(1, 12):
        bomb += f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n"
    [problem] = problems(bomb)
    assert problem.message == "has more than 20,000 values"


def test_of_very_many_mistakes_a_hundred_are_reported() -> None:
    assert len(problems("a: 1\n" * 1_000)) == 100
    assert len(problems(SMALLEST + "languages: [" + "1, " * 1_000 + "]")) == 100


def test_an_alias_to_what_it_is_in_is_refused() -> None:
    [problem] = problems("a: &a [*a]\n")
    assert problem.hint


@given(st.text(max_size=200) | st.text("{}[]:-,&*!|>'\"%@`#? \n\tab01", max_size=80))
def test_whatever_is_in_the_file_the_outcome_is_a_configuration_or_its_problems(text: str) -> None:
    found: list[Problem] = []
    try:
        loads(text)
    except ConfigurationError as error:
        found = error.problems
    assert all(problem.hint and problem.line >= 1 for problem in found)


def test_a_file_that_cannot_be_read_is_a_problem_too(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ConfigurationError) as caught:
            load(path)
        assert "cannot be read" in caught.value.problems[0].message


def test_no_is_a_word_and_not_false() -> None:
    configuration = loads("brands: {acme: {name: no, terms: [no, on, yes, 07:00]}}")
    assert configuration.brands["acme"].name == "no"
    assert configuration.brands["acme"].terms == {"any": ("no", "on", "yes", "07:00")}


def test_secrets_are_not_shown_in_problems() -> None:
    [problem] = problems(SMALLEST + "notify: [{kind: terminal, webhook_token: s3cret}]\n")
    assert problem.path == "notify[0].webhook_token"
    assert "s3cret" not in str(problem)
    assert "s3cret" not in str(problem.as_dict())


def test_two_notifiers_of_a_kind_need_names() -> None:
    two = SMALLEST + "notify: [{kind: terminal}, {kind: terminal%s}]\n"
    assert told(two % "")["notify"][1] == "has two of the name `terminal`"
    named = loads(two % ", name: wide, width: 100").notify
    assert [(choice.kind, choice.name) for choice in named] == [
        ("terminal", "terminal"),
        ("terminal", "wide"),
    ]


def test_each_brand_posts_on_its_own_account_before_one_of_all() -> None:
    two = """\
brands: {acme: {name: Acme, terms: [acme]}, other: {name: Other, terms: [other]}}
publish: [{kind: x}, {kind: x, name: acme-x, brand: %s}, {kind: bluesky, handle: acme.example}]
"""
    publish = loads(two % "acme").publish
    found = [account(publish, brand, Channel.X) for brand in ("acme", "other")]
    assert [one and one.name for one in found] == ["acme-x", "x"]
    assert account(publish, "acme", Channel.MASTODON) is None
    message, hint = told(two % "acne")["publish[1].brand"][1:]
    assert (message, hint) == ("is no brand of this file", "did you mean `acme`?")
    same = two.replace("brand: %s", "timeout: 3")
    assert told(same)["publish[1].timeout"][1] == "is no option here"
    twice = two.replace(", brand: %s", "")
    assert "two accounts of the kind `x`" in told(twice)["publish"][1]


THREE_TOPICS = """\
false_alarms: 6 per 30 days
brands:
  acme: {name: Acme, terms: [acme]}
  other: {name: Other, terms: [other], topics: [delays]}
topics:
  cancellations: {name: Cancelled, terms: [cancel*]}
  delays: {name: Delays, terms: [delay*]}
  safety: {name: Safety, terms: [fire], false_alarms: 2 per week}
"""


def test_series_are_brands_by_topics_by_platforms_in_the_order_of_the_file() -> None:
    assert list(map(str, loads(THREE_TOPICS).series(["x", "bluesky", "x"])))[:4] == [
        "acme/all@bluesky",
        "acme/all@x",
        "acme/cancellations@bluesky",
        "acme/cancellations@x",
    ]


def test_the_teams_false_alarms_are_shared_and_a_topics_own_are_left_out_of_it() -> None:
    configuration, platforms = loads(THREE_TOPICS), ["bluesky", "x"]
    budgets = {
        str(series): configuration.budget(series, platforms)
        for series in configuration.series(platforms)
    }
    shared = {name: budget for name, budget in budgets.items() if "safety" not in name}
    assert sum(shared.values()) == pytest.approx(6)
    assert set(shared.values()) == {6 / 5 / 2}
    assert budgets["acme/safety@x"] == pytest.approx(2 / 7 * 30 / 2)


def test_a_topics_version_changes_with_what_it_finds_and_with_nothing_else() -> None:
    version = loads(THREE_TOPICS).version("acme", "delays")

    def after(old: str, new: str) -> str:
        assert old in THREE_TOPICS
        return loads(THREE_TOPICS.replace(old, new)).version("acme", "delays")

    assert after("name: Delays", "name: Late") == version
    assert after("6 per 30", "7 per 30") == version
    assert after("[cancel*]", "[cancelled]") == version
    assert after("[delay*]", "[delay*, late]") != version
    assert after("[delay*]", "[delay*], exclude: [delays in vain]") != version
    assert after("[acme]", "[acme, acme air]") != version


@given(st.integers(0, 999_999), st.sampled_from("smhd"))
def test_durations_are_read_as_written(number: int, unit: str) -> None:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
    configuration = loads(SMALLEST + f"incidents: {{resolve_after: {number}{unit}}}\n")
    assert configuration.incidents.resolve_after == timedelta(seconds=number * seconds)


@given(st.text(string.ascii_letters + string.digits + " .:-*", max_size=12))
def test_a_rate_is_read_back_as_it_is_shown_or_refused(text: str) -> None:
    try:
        rate = Rate.parse(text)
    except ValueError:
        return
    assert Rate.parse(str(rate)).per_30_days == pytest.approx(rate.per_30_days)


def test_the_observed_ends_of_a_recording_are_instants_in_order() -> None:
    both = SMALLEST + "recording: {observed: {acme: {from: %s, to: %s}}}\n"
    ends = ("2015-02-22T20:00:00+01:00", "2015-02-23T00:00:00Z")
    [span] = loads(both % ends).recording.observed.values()
    assert span.since == datetime(2015, 2, 22, 19, tzinfo=UTC)
    backwards = told(both % ("2015-02-23T00:00:00Z", "2015-02-22T00:00:00Z"))
    assert backwards["recording.observed.acme"][1] == "`from` is not before `to`"


def test_check_says_what_a_configuration_amounts_to_or_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "seawall.yaml"
    file.write_text(THREE_TOPICS)
    checked = check(file)
    assert checked.fine
    assert checked.summary is not None
    assert checked.summary.brands == ["acme", "other"]
    assert checked.summary.topics == ["cancellations", "delays", "safety"]
    assert checked.summary.budgets["acme/all@recording"] == pytest.approx(1.2)
    file.write_text(THREE_TOPICS.replace("topics:", "topic:"))
    wrong = check(file).as_dict()
    assert not wrong["fine"]
    assert wrong["problems"][0]["hint"] == "did you mean `topics`?"


def test_the_example_is_fine_and_speaks_of_six_airlines() -> None:
    example = Path(__file__).parents[2] / "examples" / "us-airlines.yaml"
    configuration: Configuration = load(example)
    assert len(configuration.brands) == 6
    assert list(configuration.topics) == ["cancellations", "delays", "baggage", "booking"]
    total = sum(configuration.budget(series, ["x"]) for series in configuration.series(["x"]))
    assert total == pytest.approx(4)

"""`seawall init`: five questions, and a configuration that is right whatever was answered."""

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from alerts.words.playbooks import situations
from monitor import starter
from monitor.commands.init import init
from monitor.configuration import Configuration, load, loads
from monitor.configuration.values import Name, Terms
from monitor.sources.kinds import _x_query
from monitor.topics import Matcher

app = typer.Typer()
app.command()(init)

AWKWARD = [
    'Ben & "Jerry\'s": #1, {yes}',
    "no",
    "0x1F",
    "- : ? | > @`%",
    "航空 ✈ \U0001f6a2",
    "a\tb\\n\x85\u2028\ufeff\x1b",
    "*anchor &x !tag",
    "all",
    "Booking",
    "Ø" * 100,
]

names = (st.text(min_size=1, max_size=100) | st.sampled_from(AWKWARD)).filter(
    lambda name: starter.is_valid(Name, name)
)
answers = st.builds(
    starter.Answers,
    name=names.map(lambda name: starter.valid(Name, name)),
    industry=st.sampled_from(starter.industries()),
    terms=st.lists(
        (st.text(min_size=1, max_size=100) | st.sampled_from(["acme*", '"on" OR', "or", "@Acme"]))
        .filter(lambda term: starter.is_valid(Terms, [term]))
        .map(lambda term: " ".join(term.split())),
        min_size=1,
        max_size=12,
        unique=True,
    ).map(tuple),
    timezone=st.sampled_from(["UTC", "Europe/Oslo", "America/Argentina/Buenos_Aires"]),
    languages=st.lists(
        st.sampled_from([*starter.spoken(), "fr", "fi"]), min_size=1, max_size=8, unique=True
    ).map(tuple),
    sources=st.sampled_from([("bluesky",), ("x",), ("bluesky", "x")]),
    slack=st.sampled_from([None, starter.SLACK_PLACEHOLDER, "C0SEAWALL"]),
)


def right(given_: starter.Answers) -> Configuration:
    """What is written for these answers, read back."""
    configuration = loads(starter.written(given_))
    [brand] = configuration.brands.values()
    assert brand.name == given_.name
    assert brand.terms == {"any": given_.terms}
    assert configuration.languages == given_.languages
    assert [source.kind for source in configuration.sources] == list(given_.sources)
    assert [one.kind for one in configuration.notify] == ["slack" if given_.slack else "terminal"]
    for source in configuration.sources:
        if source.kind == "x":
            options: Any = source.options
            assert len(_x_query.questions(configuration, options.queries)) == len(
                configuration.topics_of(next(iter(configuration.brands)))
            )
            assert _x_query.warnings(configuration, options.queries) == []
    return configuration


@given(answers)
@settings(max_examples=60)
def test_whatever_is_answered_the_configuration_is_right(given_: starter.Answers) -> None:
    right(given_)


def test_every_combination_of_industry_sources_and_notifier_is_right() -> None:
    ways = product(
        starter.industries(), [("bluesky",), ("x",), ("bluesky", "x")], [None, "C0SEAWALL"]
    )
    for industry, sources, slack in ways:
        one = starter.Answers(
            "Acme", industry, ("@Acme", "acme*"), "Europe/Oslo", starter.spoken(), sources, slack
        )
        configuration = right(one)
        for topic in configuration.topics.values():
            assert topic.situation in situations()
            assert list(topic.terms) == list(starter.spoken())
            assert all(len(terms) >= 4 for terms in topic.terms.values())


@pytest.mark.parametrize(
    ("industry", "text", "topic"),
    [
        ("airline", "@Acme why is my flight cancelled again", "cancelled-flights"),
        ("airline", "@Acme wo ist mein Koffer?", "baggage"),
        ("railway", "@Acme buss for tog igjen i dag?", "cancelled-trains"),
        ("railway", "@Acme toget er stadig forsinket", "delays"),
        ("telecom", "@Acme inget internet sedan i morse", "outages"),
        ("bank", "@Acme mijn creditcard wordt geweigerd", "cards"),
        ("other", "@Acme where is my parcel", "deliveries"),
    ],
)
def test_the_words_are_those_of_customers(industry: str, text: str, topic: str) -> None:
    one = starter.Answers("Acme", industry, ("@Acme",), "UTC", starter.spoken(), ("bluesky",), None)
    [match] = Matcher(loads(starter.written(one))).match(text)
    assert match.topics == ("all", topic)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def called(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed, catch_exceptions=False)


def test_a_person_answers_five_questions_and_learns_what_to_do_next(folder: Path) -> None:
    result = called(typed="Acme Rail\nrailway\n\nOslo, nb, en\nx, bluesky, slack\ny\n")
    assert result.exit_code == 0
    assert re.findall(r"^\d/5", result.output, re.MULTILINE) == [f"{n}/5" for n in range(1, 6)]
    assert f"This goes to {folder / 'seawall.yaml'}:" in result.output
    assert "X, every 10 minutes: about $86 in 30 days, never more than $100" in result.output
    after = result.output.partition("seawall.yaml is written")[2]
    assert re.findall(r"export (\w+)=", after) == [
        "X_BEARER_TOKEN",
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
    ]
    commands = re.findall(r"^  seawall (.*?)(?: +#.*)?$", after, re.MULTILINE)
    assert commands == ["check seawall.yaml", "check seawall.yaml --live", "run"]
    configuration = load(Path("seawall.yaml"))
    assert configuration.timezone == "Europe/Oslo"
    assert configuration.languages == ("nb", "en")
    assert configuration.brands["acme-rail"].terms == {"any": ("@AcmeRail", "acme rail")}


def test_a_wrong_answer_is_told_on_the_spot_and_asked_again() -> None:
    typed = [
        *(" ", "Acme"),
        *("airlin", "airline"),
        *("acme, c*", "acme"),
        *("Europe/Olso", "Oslo, xx", "Springfield", "Oslo"),
        *("twitter", "slack #help", "slack C0SEAWALL"),
        "y",
    ]
    result = called(typed="\n".join(typed) + "\n")
    assert result.exit_code == 0
    for told in (
        "is empty",
        "did you mean `airline`?",
        "'c*' would find nearly every word (at least two characters before the `*`)",
        "'Europe/Olso' is no time zone (did you mean `Europe/Oslo`?)",
        "'xx' is no language",
        "'Springfield' is no time zone",
        "'twitter': known: `bluesky`, `slack`, `x`",
        "'#help' is no channel id: it is at the bottom",
    ):
        assert told in result.output
    assert load(Path("seawall.yaml")).timezone == "Europe/Oslo"


def test_options_answer_everything_and_what_is_wrong_in_them_is_no_question() -> None:
    given_ = ["--name", "Acme", "--industry", "bank", "--terms", "acme, @Acme", "--yes"]
    result = called(
        *given_, "--languages", "sv", "--timezone", "Europe/Stockholm", "--sources", "x"
    )
    assert result.exit_code == 0
    assert "/5" not in result.output
    configuration = load(Path("seawall.yaml"))
    assert (configuration.timezone, configuration.languages) == ("Europe/Stockholm", ("sv",))
    wrong = called(*given_, "--timezone", "Europe/Olso", "--output", "other.yaml")
    assert wrong.exit_code == 2
    assert "did you mean `Europe/Oslo`?" in " ".join(wrong.output.split())
    assert not Path("other.yaml").exists()
    assert called("--yes", "--output", "other.yaml").exit_code == 2


def test_several_brands_share_their_topics_and_each_has_its_words() -> None:
    named = ["--name", "Nordbahn, CityTram", "--languages", "de", "--sources", "x", "--yes"]
    result = called(*named, "--terms", "@Nordbahn, nordbahn*; @CityTram")
    assert result.exit_code == 0, result.output
    assert "--industry has others: airline, railway" in result.output
    configuration = load(Path("seawall.yaml"))
    terms = {id: one.terms for id, one in configuration.brands.items()}
    assert terms == {
        "nordbahn": {"any": ("@Nordbahn", "nordbahn*")},
        "citytram": {"any": ("@CityTram",)},
    }
    [source] = configuration.sources
    options: Any = source.options
    assert _x_query.warnings(configuration, options.queries) == []
    assert called("--name", "A, B", "--terms", "a1", "--yes", "--force").exit_code == 2
    assert called("--name", "Acme, ACME", "--yes", "--force").exit_code == 2
    typed = called("--force", typed="Nordbahn, CityTram\n\n\n\n\ny\n")
    assert typed.exit_code == 0
    assert load(Path("seawall.yaml")).brands["citytram"].terms == {"any": ("@CityTram", "citytram")}


def test_a_file_that_is_there_is_replaced_only_by_force() -> None:
    Path("seawall.yaml").write_text("mine", "utf-8")
    refused = called("--name", "Acme", "--yes")
    assert refused.exit_code == 2
    assert "seawall.yaml is there already; --force replaces it" in " ".join(refused.output.split())
    assert Path("seawall.yaml").read_text("utf-8") == "mine"
    assert called("--name", "Acme", "--yes", "--force").exit_code == 0
    assert load(Path("seawall.yaml")).brands["acme"]


def test_a_person_who_thinks_better_of_it_has_written_nothing() -> None:
    assert called(typed="Acme\n\n\n\n\nn\n").exit_code == 1
    assert not Path("seawall.yaml").exists()

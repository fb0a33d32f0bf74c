"""What is said in public, from the first to the last word: a real daemon, in simulated time."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.posts import Post
from monitor import logs
from tests.airline import flood
from tests.daemons import SECRETS
from tests.monitor.command_line import Seawall, in_process
from tests.nights import CONFIGURATION, PATIENCE_S, ZONE, Night, at, night
from tests.slack_eyes import seen

pytestmark = pytest.mark.usefixtures("logging_as_it_was")

ASKED = {
    "en": "is booking down?",
    "de": "geht die Buchung nicht?",
    "nb": "virker ikke bestilling?",
    "sv": "funkar inte bokning?",
}
LANGUAGES = [*ASKED]
OUTAGE = (
    CONFIGURATION.replace("languages: [en]", "languages: [en, de, nb, sv]").replace(
        "terms: {{en: [booking]}}",
        "terms: {{en: [booking], de: [buchung], nb: [bestilling], sv: [bokning]}}",
    )
    + """\
    ola: {{scopes: [read, act], secret: {{env: STORY_OLA}}}}
    nora: {{scopes: [read, act], secret: {{env: STORY_NORA}}}}
words: {{approve: {{de: [ola]}}}}
"""
)
TOKENS = {
    "kari": SECRETS["SCENE_KARI"],
    "ola": "ola-has-this-token-for-the-night",
    "nora": "nora-has-this-token-for-the-night",
}
THREAT = CONFIGURATION.replace(
    "topics:", "topics:\n  threats: {{name: Threats, situation: threat, terms: {{en: [police]}}}}"
)


def crowd(minutes: int) -> list[Post]:
    """The same question in four languages, fewer in each than in the one before."""
    return [
        replace(one, id=f"{language}-{one.id}", author=f"{language}-{one.author}", lang=language)
        for rarer, (language, text) in enumerate(ASKED.items(), start=1)
        for one in flood(at(0, 2), minutes, text=f"@FjordwingAir {text}")[::rarer]
    ]


@dataclass(frozen=True)
class Team:
    """People in a night who work in a shell and with programs of their own, by their ids."""

    night: Night
    seawall: Seawall
    incident: str = "fjordwing"

    def shell(self, who: str, *command: str, refused: bool = False) -> Any:
        """What a command of somebody answers as data; or, where it is refused, why."""
        file, url = self.night.file, self.night.url
        where = ("--config", file, "--database", url, "--by", who, "--json")
        answer = self.seawall(*command, *where)
        assert answer.status == refused, answer.err
        return answer.err if refused else answer.data

    def draft(self, phase: str) -> list[str]:
        """Kari drafts a phase in every language that is being written: the ids of the messages."""
        made = self.shell("kari", "words", "draft", self.incident, "--phase", phase)["messages"]
        assert [(one["message"]["language"], one["message"]["phase"]) for one in made] == [
            (language, phase) for language in LANGUAGES
        ]
        return [one["message"]["id"] for one in made]

    def bring_out(self, ids: list[str]) -> None:
        """Kari hands them in, another who reads them approves, and Kari posts them."""
        for id in ids:
            one = self.steps("kari", id, step="submit")
            reader = "ola" if one["message"]["language"] == "de" else "nora"
            self.steps(reader, id, step="approve", value=one["sha256"])
            self.steps("kari", id, step="posted", value=f"https://x.example/{id}")

    def steps(self, who: str, id: str, **step: str) -> Any:
        """Take a message a step on its way, over the API: how it stands then."""
        incident, number = id.split("/")
        url = f"{self.night.page}/api/v1/incidents/{incident}/messages/{number}/steps"
        bearer = {"Authorization": f"Bearer {TOKENS[who]}"}
        answer = httpx.post(url, json=step, headers=bearer, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
        return next(one for one in answer.json()["messages"] if one["message"]["id"] == id)

    def confirm(self, kind: str, value: str = "") -> None:
        self.shell("nora", "facts", "confirm", self.incident, kind, *([value] if value else []))

    def look(self) -> Any:
        return self.shell("nora", "words", "show", self.incident)

    def texts(self, phase: str) -> dict[str, str]:
        """What is public of a phase, by language."""
        every = [one["message"] for one in self.look()["messages"]]
        return {one["language"]: one["text"] for one in every if one["phase"] == phase}


Tonight = Callable[[str, list[Post]], AbstractContextManager[Team]]


@pytest.fixture
def tonight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Tonight:
    logs.configure(level="critical")
    monkeypatch.setenv("STORY_OLA", TOKENS["ola"])
    monkeypatch.setenv("STORY_NORA", TOKENS["nora"])

    @contextmanager
    def begin(configured: str, posts: list[Post]) -> Iterator[Team]:
        with night(tmp_path, monkeypatch, configured, posts) as the:
            yield Team(the, in_process(monkeypatch, capsys))

    return begin


def test_an_outage_in_four_languages_from_the_surge_to_solved_with_a_time_corrected(
    tonight: Tonight,
) -> None:
    with tonight(OUTAGE, crowd(40)) as team:
        team.night.goes_on(at(0, 7))
        team.night.presses("Kari", "At my desk in 10 minutes")
        team.bring_out(team.draft("seen"))
        team.night.goes_on(at(0, 14))
        team.confirm("system", "booking")
        team.confirm("works", "counters, phone")
        team.confirm("next_update", "01:00")
        team.bring_out(team.draft("working"))
        team.night.goes_on(at(0, 24))
        corrected = team.shell(
            "nora", "facts", "correct", team.incident, "next_update", "01:14", "--source", "IT"
        )["messages"]
        corrections = [one["message"] for one in corrected if one["message"]["state"] == "draft"]
        team.bring_out([one["id"] for one in corrections])
        team.night.goes_on(at(0, 58))
        before = team.look()["messages"]
        team.night.goes_on(at(1, 4))
        offered = [one["message"] for one in team.look()["messages"] if one not in before]
        team.confirm("next_update")
        team.bring_out([one["id"] for one in offered])
        team.night.goes_on(at(1, 24))
        team.confirm("working_again", "yes")
        team.bring_out(team.draft("solved"))
        team.night.goes_on(at(1, 34))
        report = team.shell("nora", "report", team.incident)
        last = team.look()
        kari, nora = (seen(team.night.slack, who, ZONE) for who in ("Kari", "Nora"))
        said = team.texts("correction")

    assert [(one["channel"], one["language"]) for one in corrections] == [
        ("x", language) for language in LANGUAGES
    ]
    assert {one["phase"] for one in corrections} == {"correction"}
    for language, now in (("en", "01:14 CET"), ("de", "01:14 Uhr (MEZ)"), ("sv", "kl. 01.14")):
        assert now in said[language]
    assert {(one["language"], one["phase"]) for one in offered} == {
        (language, "update") for language in LANGUAGES
    }
    assert len(offered) == len(LANGUAGES)
    assert all(one["authors"] == ["seawall"] for one in offered)
    assert "Promised in public: more at 01:14" in kari, "who promised it is told before"
    assert "To be corrected in public: Next update" in nora
    assert "was broken" not in kari + nora
    assert last["promises"] == []
    newest = [one["message"] for one in last["messages"] if one["message"]["state"] == "posted"]
    assert [(one["language"], one["phase"]) for one in newest] == [
        (language, "solved") for language in LANGUAGES
    ]
    marks = {one["milestone"]: one for one in report["clock"]["marks"]}
    assert marks["approved"]["by"] == "Nora Lie"
    assert marks["first_word"]["by"] == "Kari Nygård"
    assert marks["first_word"]["at"] == "2026-03-08T23:07:00Z"


def test_a_threat_about_which_it_is_decided_to_say_nothing(tonight: Tonight) -> None:
    posts = flood(at(0, 2), 30, text="@FjordwingAir why is police at gate 12?")
    with tonight(THREAT, posts) as team:
        team.night.goes_on(at(0, 7))
        look = team.look()
        team.shell(
            *("nora", "words", "silence", team.incident),
            *("--until", "1h", "--because", "the police lead"),
        )
        written = ("--phase", "seen", "--language", "en", "--text", "We are aware. Police lead.")
        [one] = team.shell("kari", "words", "draft", team.incident, *written)["messages"]
        id = one["message"]["id"]
        alone = team.shell(
            "nora",
            "words",
            "break-glass",
            id,
            one["sha256"],
            "--because",
            "everybody asks",
            refused=True,
        )
        report = team.shell("nora", "report", team.incident)
        quiet = team.look()

    assert look["silence_first"]
    assert look["silence"].startswith("say nothing, because the authorities lead")
    assert quiet["silent_until"] == "2026-03-09T00:07:00Z"
    assert "nobody may approve alone what is said of this (threat)" in alone
    [kept] = [one for one in quiet["messages"] if one["message"]["id"] == id]
    assert kept["message"]["state"] == "draft"
    marks = {one["milestone"]: one for one in report["clock"]["marks"]}
    first = marks["first_word"]
    assert (first["by"], first["at"]) == ("Nora Lie", "2026-03-08T23:07:00Z")
    assert report["clock"]["silent_until"] == "2026-03-09T00:07:00Z"
    decided = [one["words"] for one in report["timeline"] if one["kind"] == "kept_silent"]
    assert "the police lead" in decided[0]

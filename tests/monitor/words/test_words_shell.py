"""Words for the public from a shell: the whole way, and what is refused there as anywhere."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.clock import SimulatedClock
from monitor.store import Database, views, volume
from tests.airline import CONFIGURATION
from tests.alerts import scenes
from tests.monitor.command_line import Answer, in_process
from tests.monitor.words.conftest import ID, MINUTE, PEOPLE
from tests.service import new_database, tell

NOW = scenes.DETECTED + 20 * MINUTE
HOSTILE = "<b>free</b> {{ 7*7 }} <!channel> \u202eevil\u200b \x1b[2J"
Do = Callable[..., Answer]


@pytest.fixture
def do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Do:
    """`seawall …` as somebody, in a folder with a store in which booking is down."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEAWALL_CONFIG", raising=False)
    Path("seawall.yaml").write_text(CONFIGURATION + PEOPLE, encoding="utf-8")
    with closing(new_database(tmp_path / "seawall.db")) as database:
        briefing = scenes.briefing(about=scenes.incident())
        tell(database, scenes.incident(), replace(briefing, languages={"de": 300, "fi": 9}))
    at(0)
    seawall = in_process(monkeypatch, capsys)
    return lambda who, command, *more: seawall(*command.split(), *more, "--by", who)


def at(minutes: float) -> None:
    """Set the store's clock to so long after the beginning."""
    with closing(Database.open("sqlite:///seawall.db")) as database, database.write() as connection:
        volume.put_clock(connection, SimulatedClock.standing(NOW + minutes * MINUTE))


def drafted(do: Do, phase: str = "seen", who: str = "ida") -> str:
    """The id of a new German message, submitted."""
    [made] = do(who, f"words draft {ID} --phase {phase} --language de --json").data["messages"]
    id: str = made["message"]["id"]
    assert do(who, f"words submit {id}").status == 0
    return id


def read(do: Do, id: str) -> str:
    """The hash of a message as it is shown."""
    [one] = [
        one
        for one in do("kari", f"words show {ID} --json").data["messages"]
        if one["message"]["id"] == id
    ]
    return str(one["sha256"][:24])


def test_a_message_goes_from_a_fact_to_a_post_by_commands(
    do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = do("ida", f"words show {ID}").out
    assert "Seen, on x: nothing is public yet" in shown
    assert "or, with --variant 1:" in shown
    assert do("ida", f"facts answer {ID} next_update 60m --source desk").status == 0
    assert "to be confirmed" in do("ida", f"facts list {ID}").out
    assert "Next update 00:31 CET" in do("nora", f"facts confirm {ID} next_update").out
    shown = do("ida", f"words show {ID}").out
    assert "Working, on x: it is confirmed when there is more to say" in shown
    assert "Written in German 97%, fi 3%; no words in fi" in shown
    assert "Say nothing" not in shown, "many have noticed"
    made = drafted(do, "working")
    [same] = do("ida", f"words draft {ID} --phase working --language de --json").data["messages"]
    assert same["message"]["id"] == made, "the same words are drafted once"
    submitted = do("kari", f"words show {ID}").out
    called = f"seawall words approve {ID}/1 {read(do, f'{ID}/1')} --by"
    assert ("next: Kari Nygård: approve or return it" in submitted, called in submitted) == (
        True,
        True,
    )
    assert f"is there already, as {ID}/1" in submitted
    assert do("ida", f"words copy {ID}/1").status == 1
    do("kari", f"words approve {ID}/1 {read(do, f'{ID}/1')}")
    text = do("ida", f"words copy {ID}/1").out
    assert text.endswith("Mehr um 00:31 Uhr (MEZ) am 22. November.")
    with monkeypatch.context() as terminal:
        terminal.setattr("sys.stdout.isatty", lambda: True)
        assert do("ida", f"words copy {ID}/1").out == f"{text}\n"
    posted = do("ida", f"words posted {ID}/1 --link https://x.example/1").out
    assert "posted by Ida Dahl" in posted
    shown = do("ida", f"words show {ID}").out
    assert "Promised: more at Sun 22 Nov, 00:31 CET, in German, by Ida Dahl" in shown
    history = do("ida", f"words history {ID}/1").out
    assert history.index("draft by Ida Dahl from shell") < history.index("approved by Kari Nygård")


def test_a_correction_is_drafted_and_comes_first(do: Do) -> None:
    do("nora", f"facts confirm {ID} next_update 60m")
    id = drafted(do, "working")
    do("kari", f"words approve {id} {read(do, id)}")
    do("ida", f"words posted {id}")
    corrected = do("nora", f"facts correct {ID} next_update 90m")
    assert "German on x, correction: draft" in corrected.out
    shown = do("ida", f"words show {ID}").out
    assert "Correction, on x: a correction waits to be posted" in shown
    assert shown.index(f"{ID}/2") < shown.index(f"{ID}/1")
    assert "corrected" in do("ida", f"facts list {ID} --all").out


def test_the_author_and_who_has_no_right_cannot_approve(do: Do) -> None:
    id = drafted(do)
    for who, said in {
        "ida": "it takes another person",
        "nora": "Nora Lie may not approve this: it needs one who may for de",
        "guest": "Per Moe may not act on incidents",
        "somebody": "nobody in the configuration is called somebody",
    }.items():
        refused = do(who, f"words approve {id} {read(do, id)}")
        assert (refused.status, said in refused.err) == (1, True), who
    assert "give 24 signs" in do("kari", f"words approve {id} 3f").err


def test_an_approval_is_of_the_text_that_was_read_and_a_space_voids_it(do: Do) -> None:
    id, text = drafted(do), read(do, f"{ID}/1")
    assert do("kari", f"words approve {id} {text}").status == 0
    words = do("ida", f"words copy {id}").out
    do("ida", f"words edit {id}", words + " ")
    assert "it is draft" in do("ida", f"words posted {id}").err
    do("ida", f"words submit {id}")
    assert "changed since you read it" in do("kari", f"words approve {id} {text}").err
    returned = do("kari", f"words return {id} --because", "there is a space")
    assert "Kari Nygård: there is a space" in returned.out


def test_what_was_approved_is_not_posted_once_its_fact_is_corrected_or_expired(do: Do) -> None:
    do("nora", f"facts confirm {ID} next_update 30m")
    corrected = drafted(do, "working")
    do("kari", f"words approve {corrected} {read(do, corrected)}")
    do("nora", f"facts correct {ID} next_update 45m")
    assert "is corrected" in do("ida", f"words posted {corrected}").err
    over = drafted(do, "working")
    do("kari", f"words approve {over} {read(do, over)}")
    at(45)
    assert "a fact that is expired: Next update" in do("ida", f"words posted {over}").err


def test_the_second_who_approves_is_told_who_was_first(do: Do) -> None:
    do("kari", "words seal de --all --yes")
    assert "for legal" in do("law", "words seal de --all --yes").out
    id = drafted(do)
    text = read(do, id)
    assert "Ola Berg" in do("ola", f"words approve {id} {text}").out
    assert "Ola Berg approved it already" in do("kari", f"words approve {id} {text}").err


def test_what_it_costs_to_post_is_shown_before_and_it_is_asked_for_once(do: Do) -> None:
    id = drafted(do)
    text = read(do, id)
    do("kari", f"words approve {id} {text}")
    by_hand = do("ida", f"words post {id} {text}")
    assert "no account of ours is configured on x: post it by hand" in by_hand.err
    with Path("seawall.yaml").open("a", encoding="utf-8") as file:
        file.write("publish: [{kind: x, name: ours}]\n")
    shown = do("ida", f"words show {ID}").out
    assert f"next: post it on x, for $0.015\n        seawall words post {id} {text}" in shown
    assert "changed since you read it" in do("ida", f"words post {id} {'a' * 24}").err
    assert "to be posted on x, for $0.015, by Ida Dahl" in do("ida", f"words post {id} {text}").out
    assert "it is being posted already" in do("ida", f"words post {id} {text}").err
    assert "there is no doubt" in do("ida", f"words not-posted {id}").err


def test_nobody_approves_alone_where_that_is_forbidden_or_without_a_reason(do: Do) -> None:
    id = drafted(do)
    alone = f"words break-glass {id} {read(do, id)} --because"
    assert "may not approve alone" in do("ida", f"{alone} late").err
    assert "say why" in do("nora", alone, " ").err
    other = do("nora", f"words break-glass {id} {'0' * 24} --because late")
    assert "changed since you read it" in other.err
    assert do("nora", alone, "nobody is up").status == 0
    because = "Nora Lie alone, because nobody is up"
    assert f"approved by {because}" in " ".join(do("ida", f"words show {ID}").out.split())
    assert "alone, because nobody is up" in do("ida", f"words history {id}").out
    with closing(Database.open("sqlite:///seawall.db")) as database:
        accident = replace(scenes.incident(), id="fjordwing-aaaaaaaa")
        told = replace(scenes.briefing(about=accident), situation="accident", languages={"de": 1})
        tell(database, accident, told)
    [made] = do(
        "ida",
        f"words draft {accident.id} --phase seen --language de --json --text",
        "Wir wissen davon und melden uns hier.",
    ).data["messages"]
    broken = do(
        "nora",
        f"words break-glass {made['message']['id']} {made['sha256'][:24]} --because",
        "nobody is up",
    )
    assert "nobody may approve alone what is said of this (accident)" in broken.err


def test_what_acts_or_hides_is_shown_as_text_and_flagged(do: Do) -> None:
    do("nora", f"facts confirm {ID} alternative", f"de: {HOSTILE}")
    shown = do("ida", f"facts list {ID}").out
    said = " ".join(shown.split())
    assert "hidden characters, markup, what looks like a template in it" in said
    assert "‹U+202E›" in said
    assert not {"\u202e", "\u200b", "\x1b"} & {*shown}
    refused = do("ola", f"facts confirm {ID} flights", "FW1\u200b23")
    assert "there are hidden characters in" in refused.err
    made = do("ida", f"words draft {ID} --phase seen --channel x --language de --text", HOSTILE)
    assert "block hidden_characters" in made.out
    assert not {"\u202e", "\u200b", "\x1b"} & {*made.out}
    assert "this cannot be published" in do("ida", f"words submit {ID}/1").err


def test_of_a_restricted_incident_only_those_named_see_the_words(do: Do) -> None:
    do("ola", f"facts confirm {ID} flights FW777 --source PLANTED")
    do("nora", f"facts confirm {ID} system booking")
    id = drafted(do)
    do("nora", f"incidents restrict {ID}")
    for command in (
        f"facts list {ID}",
        f"words show {ID}",
        f"words show {ID} --json",
        f"words history {id}",
        f"words copy {id}",
        f"words submit {id}",
        f"words approve {id} {'a' * 24}",
        f"facts answer {ID} flights FW1",
    ):
        refused = do("kari", command)
        assert (refused.status, "restricted" in refused.err) == (1, True), command
        assert [word for word in ("FW777", "PLANTED", "Buchen") if word in str(refused)] == []
    assert "PLANTED" in do("ida", f"facts list {ID}").out
    with closing(Database.open("sqlite:///seawall.db")) as database, database.read() as connection:
        assert ("ida", "shell") in {(one.person, one.place) for one in views.of(connection, ID)}


def test_a_question_has_a_link_that_answers_it(do: Do) -> None:
    assert "nobody has asked for" in do("ida", f"facts link {ID} flights").err
    do("ida", f"facts ask {ID} flights")
    link = do("ida", f"facts link {ID} flights")
    assert link.out.startswith("http://127.0.0.1:8420/answer?link=")
    assert "for one answer" in link.err
    assert "may not act on incidents" in do("guest", f"facts link {ID} flights").err


def test_facts_are_asked_answered_withdrawn_and_over(do: Do) -> None:
    do("ida", f"facts ask {ID} flights --due 10m", "Which ones?")
    asked = " ".join(do("ola", f"facts list {ID}").out.split())
    assert "? operations control is asked: Which ones? By Sat 21 Nov, 23:41 CET; Ida Dahl" in asked
    assert "said, to be confirmed" in do("ola", f"facts answer {ID} flights FW123").out
    assert "? operations" not in do("ola", f"facts list {ID}").out
    assert "withdrawn" in do("ola", f"facts withdraw {ID} flights").out
    assert "confirmed" in do("ola", f"facts confirm {ID} flights FW9").out
    assert "over" in do("ola", f"facts expire {ID} flights").out
    assert "may not confirm this" in do("ida", f"facts confirm {ID} flights FW1").err


def test_what_is_no_message_is_told_with_those_that_there_are(do: Do) -> None:
    for command in ("submit", "copy", "edit"):
        text = ("text",) if command == "edit" else ()
        assert "which is INCIDENT/NUMBER" in do("ida", f"words {command} 1", *text).err
    assert "nothing was drafted yet" in do("ida", f"words submit {ID}/1").err
    id = drafted(do)
    for command in ("submit", "copy"):
        refused = do("ida", f"words {command} {ID}/9")
        assert (refused.status, f"no message '{ID}/9'; {id}\n" in refused.err) == (1, True)


def test_the_configuration_of_another_brand_is_refused(do: Do) -> None:
    Path("other.yaml").write_text("brands: {acme: {name: Acme, terms: [acme]}}", encoding="utf-8")
    refused = do("ida", f"words show {ID} --config other.yaml")
    assert (refused.status, "other.yaml has no brand fjordwing" in refused.err) == (1, True)


def test_in_a_narrow_terminal_nothing_of_what_is_known_is_cut_or_torn(
    do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    do("ola", f"facts answer {ID} flights", "FW1, FW2", "--source", "operations by phone")
    drafted(do)
    for columns in ("60", "40"):
        monkeypatch.setenv("COLUMNS", columns)
        listed = do("ida", f"facts list {ID}").out
        assert all(len(line) <= int(columns) for line in listed.splitlines())
        assert "Flights affected [flights]  FW1, FW2" in " ".join(listed.split(" "))
        assert "state to be confirmed; by Ola Berg, operations by phone" in " ".join(listed.split())
        assert "…" not in do("ida", f"incidents show {ID}").out.rpartition("Acknowledge it")[2]


def test_a_draft_that_says_less_names_the_fact_that_is_missing_and_how_to_confirm_it(
    do: Do,
) -> None:
    shown = do("ida", f"words show {ID} --phase working").out
    assert "working needs Next update [next_update]:\n  seawall facts confirm" in shown
    assert f"facts confirm {ID} next_update VALUE --by" in shown
    drafted = do("ida", f"words draft {ID} --phase working --language de")
    assert "(de, seen); working needs Next update [next_update]" in drafted.out


def test_of_what_is_resolved_nobody_is_asked_to_say_anything_or_nothing(do: Do) -> None:
    assert do("nora", f"incidents rate {ID} minor").status == 0
    shown = do("ida", f"words show {ID}").out
    assert (
        "Say nothing, if it works again before many have noticed\n  seawall words silence" in shown
    )
    assert do("nora", f"incidents resolve {ID}").status == 0
    shown = do("ida", f"words show {ID}").out
    assert shown.startswith("This incident is resolved.")
    assert "words silence" not in shown
    assert "could be drafted" not in shown
    assert "no words for this" not in shown


@pytest.mark.usefixtures("do")
def test_the_kinds_of_facts_name_who_confirms_them_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seawall = in_process(monkeypatch, capsys)
    kinds = seawall("facts", "kinds", "--config", "seawall.yaml", "--json").data
    who = {one["id"]: one["people"] for one in kinds}
    assert (who["flights"], who["system"]) == ("Ola Berg", "Nora Lie")
    assert who["since"] == "Ida Dahl, Ola Berg, Kari Nygård, Nora Lie, Lars Vik"

"""Words for the public over the API."""

import threading
from dataclasses import replace

import httpx

from monitor.store import access, views
from tests.alerts import scenes
from tests.conftest import PATIENCE_S
from tests.monitor.words.api import PLACE, approve, drafted, fact, merged, step, why
from tests.monitor.words.conftest import ID, MINUTE, NOW
from tests.service import RunningService, secret, tell


def test_a_message_goes_from_a_fact_to_a_post_over_the_api(people: dict[str, httpx.Client]) -> None:
    ida, kari, nora = people["ida"], people["kari"], people["nora"]
    assert ida.get(f"{PLACE}/words").json()["phase"] == "seen"
    said = fact(ida, "answer", "next_update", "60m").json()
    assert [one["state"] for one in said["facts"]] == ["rumoured"]
    assert fact(nora, "confirm", "next_update").json()["words"].endswith(": confirmed")
    look = ida.get(f"{PLACE}/words", params={"channel": "banner"}).json()
    assert (look["phase"], look["channel"], look["why"]) == (
        "working",
        "banner",
        "it is confirmed when there is more to say",
    )
    assert [(one["language"], one["checked"]["limit"]) for one in look["proposals"]] == [
        ("de", 150),
        ("en", 150),
    ]
    one = drafted(ida, "working")
    assert one["next"] == "Kari Nygård: approve or return it"
    [approved] = approve(kari, one).json()["messages"]
    assert (approved["message"]["state"], approved["next"]) == (
        "approved",
        "post it on x, for $0.015",
    )
    [posted] = step(ida, one, "posted", value="https://x.example/1").json()["messages"]
    assert posted["message"]["link"] == "https://x.example/1"
    whole = ida.get(f"{PLACE}/messages/1").json()
    assert [(entry["by"], entry["state"]) for entry in whole["history"]] == [
        ("Ida Dahl", "draft"),
        ("Ida Dahl", "submitted"),
        ("Kari Nygård", "approved"),
        ("Ida Dahl", "posted"),
    ]
    corrected = fact(nora, "correct", "next_update", "90m").json()["messages"]
    assert [(m["message"]["phase"], m["message"]["language"]) for m in corrected] == [
        ("correction", "de"),
        ("working", "de"),
    ]
    assert ida.get(f"{PLACE}/messages/9").status_code == 404


def test_what_it_costs_is_said_before_and_only_what_was_read_is_posted(
    people: dict[str, httpx.Client],
) -> None:
    one = drafted(people["ida"])
    [approved] = approve(people["kari"], one).json()["messages"]
    assert approved["offer"] == {"publisher": "ours", "channel": "x", "micros": 15_000}
    assert "changed since you read it" in why(step(people["ida"], one, "post", value="0" * 64))[1]
    asked = step(people["ida"], one, "post", value=one["sha256"]).json()
    assert asked["words"] == "to be posted on x, for $0.015, by Ida Dahl"
    again = step(people["ida"], one, "post", value=one["sha256"])
    assert why(again) == (409, "it is being posted already")


def test_questions_are_asked_and_answered_over_the_api(people: dict[str, httpx.Client]) -> None:
    fact(people["ida"], "ask", "flights")
    [request] = people["ola"].get(f"{PLACE}/facts").json()["requests"]
    assert request["function"] == "operations control"
    fact(people["ola"], "confirm", "flights", "FW123")
    assert people["ola"].get(f"{PLACE}/facts").json()["requests"] == []


def test_the_author_and_who_has_no_right_cannot_approve(people: dict[str, httpx.Client]) -> None:
    one = drafted(people["ida"])
    for who, refused in {
        "ida": (409, "it takes another person"),
        "nora": (409, "Nora Lie may not approve this: it needs one who may for de"),
        "guest": (403, "Per Moe may not act on incidents"),
    }.items():
        status, said = why(approve(people[who], one))
        assert (status, refused[1] in said) == (refused[0], True), who
    status, said = why(fact(people["ida"], "confirm", "flights", "FW1"))
    assert (status, "that is Ola Berg" in said) == (403, True)


def test_an_approved_text_that_is_edited_by_a_space_needs_another_approval(
    people: dict[str, httpx.Client],
) -> None:
    ida, kari = people["ida"], people["kari"]
    one = drafted(ida)
    approve(kari, one)
    assert step(ida, one, "edit", value=one["message"]["text"] + " ").status_code == 200
    assert "it is draft" in why(step(ida, one, "posted"))[1]
    step(ida, one, "submit")
    assert why(approve(kari, one)) == (409, "its text was changed since you read it: read it again")
    assert "say what should be different" in why(step(kari, one, "return"))[1]
    [returned] = step(kari, one, "return", note="a space").json()["messages"]
    assert returned["message"]["because"] == "Kari Nygård: a space"


def test_what_was_approved_is_not_posted_once_its_fact_is_corrected_or_expired(
    people: dict[str, httpx.Client], service: RunningService
) -> None:
    ida, kari, nora = people["ida"], people["kari"], people["nora"]
    fact(nora, "confirm", "next_update", "30m")
    corrected = drafted(ida, "working")
    approve(kari, corrected)
    fact(nora, "correct", "next_update", "45m")
    assert "is corrected" in why(step(ida, corrected, "posted"))[1]
    over = drafted(ida, "working")
    approve(kari, over)
    service.at += 45 * MINUTE
    assert "a fact that is expired: Next update" in why(step(ida, over, "posted"))[1]


def test_of_two_who_approve_at_once_one_wins_and_the_other_is_told_who(
    people: dict[str, httpx.Client],
) -> None:
    for who in ("kari", "law"):
        assert people[who].post("/api/v1/seals", json={"what": "de"}).status_code == 200
    one = drafted(people["ida"])
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda who=who: answers.append(approve(people[who], one)))
        for who in ("ola", "kari", "nora")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [won] = [one for one in answers if one.status_code == 200]
    winner = won.json()["messages"][0]["message"]["approvals"][0]["by"]
    lost = [why(one) for one in answers if one is not won]
    assert lost == [(409, f"{winner} approved it already")] * 2


def test_nobody_approves_alone_where_that_is_forbidden_or_without_a_reason(
    people: dict[str, httpx.Client], service: RunningService
) -> None:
    one = drafted(people["ida"])
    assert "may not approve alone" in why(step(people["ida"], one, "break_glass", note="late"))[1]
    assert "say why" in why(step(people["nora"], one, "break_glass"))[1]
    alone = step(
        people["nora"], one, "break_glass", value=one["sha256"], note="nobody is up"
    ).json()["messages"]
    assert alone[0]["message"]["approvals"][0]["reason"] == "nobody is up"
    accident = replace(scenes.incident(), id="fjordwing-aaaaaaaa")
    told = replace(scenes.briefing(about=accident), situation="accident", languages={"de": 1})
    tell(service.database, accident, told)
    place = f"/api/v1/incidents/{accident.id}/messages"
    asked = {"phase": "seen", "languages": ["de"], "text": "Wir wissen davon."}
    assert people["ida"].post(place, json=asked).status_code == 200
    broken = people["nora"].post(f"{place}/1/steps", json={"step": "break_glass", "note": "now"})
    assert why(broken) == (409, "nobody may approve alone what is said of this (accident)")


def test_of_a_restricted_incident_only_those_named_see_the_words(
    people: dict[str, httpx.Client], service: RunningService
) -> None:
    fact(people["ola"], "confirm", "flights", "FW777")
    one = drafted(people["ida"])
    people["nora"].post(f"{PLACE}/steps", json={"step": "restrict"})
    kari = people["kari"]
    with service.database.write() as connection:
        digest = access.digest(secret("kari"))
        session = access.begin_session(connection, "kari", ("read", "act"), digest, NOW)
    answers = [kari.get(f"{PLACE}/{what}") for what in ("facts", "words", "messages", "messages/1")]
    answers += [fact(kari, "answer", "flights", "FW1"), step(kari, one, "edit", value="x")]
    answers += [approve(kari, one)]
    kari.cookies.set("seawall", session)
    answers += [kari.get(f"/incidents/{ID}/words")]
    for answer in answers:
        assert answer.status_code == 403
        assert "restricted" in answer.text
        assert [word for word in ("FW777", "Buchen", "draft") if word in answer.text] == []
    assert "FW777" in people["ida"].get(f"{PLACE}/facts").text
    with service.database.read() as connection:
        assert {(one.person, one.place) for one in views.of(connection, ID)} == {("ida", "api")}


def test_of_a_whole_what_its_part_said_has_its_own_address(
    people: dict[str, httpx.Client], service: RunningService
) -> None:
    drafted(people["ida"], text="Wir sehen eure Nachrichten: Buchen geht gerade nicht.")
    whole = merged(service, people)
    for id in (ID, whole):
        found = people["ida"].get(f"/api/v1/incidents/{id}/messages/1").json()
        assert found["standing"]["message"]["id"] == f"{id}/1"


def test_a_link_to_answer_lets_nobody_in_and_expires(
    people: dict[str, httpx.Client], service: RunningService, site: str
) -> None:
    fact(people["ida"], "ask", "flights")
    with service.database.write() as connection:
        held = access.make_answer_link(connection, NOW, f"ask/{ID}/1")
        old = access.make_answer_link(connection, NOW - access.ANSWER_LIFE, f"ask/{ID}/1")
    with httpx.Client(base_url=site, timeout=PATIENCE_S) as client:
        client.cookies.set("seawall", held)
        assert client.get("/").status_code == 303
        assert client.get("/answer", params={"link": held}).status_code == 200
        assert client.get("/answer", params={"link": old}).status_code == 410
        fact(people["ola"], "confirm", "flights", "FW123")
        assert client.get("/answer", params={"link": held}).status_code == 410, "it is answered"

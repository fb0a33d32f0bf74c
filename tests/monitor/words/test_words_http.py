"""Words for the public over the API and on the page, in a real browser on a phone."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from monitor.http.application import application
from monitor.store import access, views
from tests.alerts import scenes
from tests.monitor.test_page import CHROMIUM, PHONE
from tests.monitor.words.conftest import ID, MINUTE, PEOPLE
from tests.service import RunningService, configured, new_database, secret, served, tell

NOW = scenes.DETECTED + 20 * MINUTE
HELD = dict.fromkeys(("ida", "ola", "kari", "nora", "law", "guest"), ("read", "act"))
ACCOUNT = "publish: [{kind: x, name: ours}]"
PLACE = f"/api/v1/incidents/{ID}"
HOSTILE = (
    '</textarea><script>document.title="owned"</script><img src=x onerror=alert(1)> '
    "{{ 7*7 }} <!channel> \u202eevil\u200b"
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    """A daemon in whose store booking is down, and whose people have a token each."""
    database = new_database(tmp_path / "seawall.db")
    briefing = replace(scenes.briefing(about=scenes.incident()), languages={"de": 300, "en": 90})
    tell(database, scenes.incident(), briefing)
    yield RunningService(configured(tmp_path, HELD, PEOPLE, ACCOUNT), database, NOW)
    database.close()


@pytest.fixture
def url(service: RunningService) -> Iterator[str]:
    with served(application(service, wall=lambda: NOW)) as url:
        yield url


@pytest.fixture
def people(url: str) -> Iterator[dict[str, httpx.Client]]:
    """Everybody's client of the API."""
    made = {
        name: httpx.Client(base_url=url, headers={"authorization": f"Bearer {secret(name)}"})
        for name in HELD
    }
    yield made
    for client in made.values():
        client.close()


def fact(client: httpx.Client, step: str, kind: str, value: str = "") -> httpx.Response:
    return client.post(f"{PLACE}/facts", json={"step": step, "kind": kind, "value": value})


def drafted(client: httpx.Client, phase: str = "seen", **more: Any) -> dict[str, Any]:
    """A new German message, submitted."""
    asked = {"phase": phase, "languages": ["de"], **more}
    [made] = client.post(f"{PLACE}/messages", json=asked).json()["messages"]
    [submitted] = step(client, made, "submit").json()["messages"]
    return dict(submitted)


def step(client: httpx.Client, one: dict[str, Any], name: str, **more: str) -> httpx.Response:
    number = one["message"]["id"].rpartition("/")[2]
    return client.post(f"{PLACE}/messages/{number}/steps", json={"step": name, **more})


def approve(client: httpx.Client, one: dict[str, Any]) -> httpx.Response:
    return step(client, one, "approve", value=one["sha256"])


def why(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("detail", "")


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


def merged(service: RunningService, people: dict[str, httpx.Client]) -> str:
    """The id of another incident, that has a message, and has become the whole of the first."""
    other = replace(scenes.incident(), id="fjordwing-aaaaaaaa", surges=())
    tell(service.database, other, replace(scenes.briefing(about=other), languages={"de": 1}))
    place = f"/api/v1/incidents/{other.id}"
    people["ida"].post(f"{place}/messages", json={"phase": "seen", "languages": ["de"]})
    people["nora"].post(f"{place}/merge", json={"part": ID}).raise_for_status()
    return other.id


def test_of_a_whole_what_its_part_said_has_its_own_address(
    people: dict[str, httpx.Client], service: RunningService
) -> None:
    drafted(people["ida"], text="Wir sehen eure Nachrichten: Buchen geht gerade nicht.")
    whole = merged(service, people)
    for id in (ID, whole):
        found = people["ida"].get(f"/api/v1/incidents/{id}/messages/1").json()
        assert found["standing"]["message"]["id"] == f"{id}/1"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("the page in a browser: no Chromium on this machine")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def complaints() -> list[str]:
    return []


def signed_in(browser: Browser, url: str, name: str, complaints: list[str]) -> Page:
    """The page of somebody's phone, at what is said in public."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{url}/incidents/{ID}/words")
    page.get_by_label("Your token").fill(secret(name))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(f"/incidents/{ID}/words$"))
    return page


def test_all_of_it_is_done_on_two_phones(
    browser: Browser, url: str, complaints: list[str], tmp_path: Path
) -> None:
    ida, kari, nora = (signed_in(browser, url, who, complaints) for who in ("ida", "kari", "nora"))
    nora.get_by_text("Say or confirm a fact").click()
    nora.get_by_label("What it is about").select_option("next_update")
    nora.get_by_label("What is so: 14:30").fill("60m")
    nora.get_by_role("button", name="Confirm it").click()
    expect(nora.get_by_text("00:31 CET on 22 November").first).to_be_visible()
    ida.reload()
    expect(ida.get_by_text("Working fits now: it is confirmed when")).to_be_visible()
    ida.screenshot(path=tmp_path / "proposed.png", full_page=True)
    ida.get_by_role("button", name="Submit for approval").first.click()
    expect(ida.get_by_text("Next: Kari Nygård: approve or return it")).to_be_visible()
    expect(ida.get_by_role("button", name="Approve exactly this")).to_have_count(0)
    kari.reload()
    kari.get_by_text("Return it", exact=True).first.click()
    kari.get_by_label("What should be different").fill("name the app")
    kari.get_by_role("button", name="Return it").click()
    ida.reload()
    expect(ida.get_by_text("Kari Nygård: name the app")).to_be_visible()
    ida.get_by_text("Change the text").click()
    text = ida.get_by_label("New text of")
    changed = text.input_value().replace("Das tut uns leid.", "Auch in der App.\nTut uns leid.")
    text.fill(changed)
    ida.get_by_role("button", name="Change it").click()
    ida.get_by_role("button", name="Submit it for approval").click()
    kari.reload()
    expect(kari.locator("blockquote")).to_contain_text("Auch in der App.")
    kari.get_by_role("button", name="Approve exactly this").click()
    ida.reload()
    ida.get_by_role("button", name="Copy").click()
    expect(ida.get_by_role("button", name="Copied")).to_be_visible()
    expect(ida.get_by_role("button", name="Post it on x, for $0.015")).to_be_visible()
    assert ida.evaluate("window.getSelection().toString()") == changed
    ida.screenshot(path=tmp_path / "approved.png", full_page=True)
    ida.get_by_label("The link to it").fill("https://x.example/1")
    ida.get_by_role("button", name="It is posted").click()
    expect(ida.get_by_role("link", name="See it there")).to_be_visible()
    expect(ida.get_by_text("Promised: more at")).to_be_visible()
    nora.reload()
    nora.get_by_text("It is wrong, or over").click()
    nora.get_by_label("What is so").first.fill("90m")
    nora.get_by_role("button", name="Correct it").click()
    expect(nora.get_by_text("German on x, correction")).to_be_visible()
    expect(nora.get_by_text("What was wrong is corrected by the messages above.")).to_be_visible()
    assert ida.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    nora.goto(f"{url}/incidents/{ID}")
    nora.get_by_role("link", name="What is said in public").click()
    expect(nora.get_by_role("heading", name="What is said in public")).to_be_visible()
    assert complaints == []


def test_who_is_asked_answers_one_question_by_a_link_and_sees_nothing_else(
    browser: Browser, url: str, people: dict[str, httpx.Client], complaints: list[str]
) -> None:
    asked = {"step": "ask", "kind": "flights", "question": "Which flights <b>now</b>?"}
    people["ida"].post(f"{PLACE}/facts", json=asked)
    ida = signed_in(browser, url, "ida", complaints)
    ida.get_by_role("button", name="Make a link to answer it").click()
    link = ida.get_by_label("Send this link to whom you ask").input_value()
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    stranger = context.new_page()
    stranger.goto(link)
    expect(stranger.get_by_role("heading")).to_have_text("Which flights <b>now</b>?")
    assert "ooking" not in stranger.content()
    stranger.get_by_label("Flights affected").fill("all of them")
    stranger.get_by_label("Your name").fill("Kari Nygård")
    stranger.get_by_role("button", name="Answer").click()
    expect(stranger.get_by_role("alert")).to_contain_text("cannot be read")
    stranger.get_by_label("Flights affected").fill("fw123")
    stranger.get_by_label("Your name").fill("Kari Nygård")
    stranger.get_by_role("button", name="Answer").click()
    expect(stranger.get_by_text("somebody confirms it: Flights affected FW123")).to_be_visible()
    [fact] = people["ida"].get(f"{PLACE}/facts").json()["facts"]
    assert (fact["state"], fact["by"]) == (
        "rumoured",
        "Kari Nygård (operations control, by a link)",
    )
    secret_part = link.partition("link=")[2]
    with httpx.Client(base_url=url) as again:
        assert again.get(link).status_code == 410
        late = again.post("/answer", data={"link": secret_part, "value": "FW9", "name": "x"})
        assert late.status_code == 410
        again.cookies.set("seawall", secret_part)
        assert again.get("/").status_code == 303, "it lets nobody in"
    context.close()


def test_a_link_to_answer_lets_nobody_in_and_expires(
    people: dict[str, httpx.Client], service: RunningService, url: str
) -> None:
    fact(people["ida"], "ask", "flights")
    with service.database.write() as connection:
        held = access.make_answer_link(connection, NOW, f"ask/{ID}/1")
        old = access.make_answer_link(connection, NOW - access.ANSWER_LIFE, f"ask/{ID}/1")
    with httpx.Client(base_url=url) as client:
        client.cookies.set("seawall", held)
        assert client.get("/").status_code == 303
        assert client.get("/answer", params={"link": held}).status_code == 200
        assert client.get("/answer", params={"link": old}).status_code == 410
        fact(people["ola"], "confirm", "flights", "FW123")
        assert client.get("/answer", params={"link": held}).status_code == 410, "it is answered"


def test_on_the_page_of_a_whole_a_button_acts_on_the_message_it_is_shown_at(
    browser: Browser,
    url: str,
    people: dict[str, httpx.Client],
    service: RunningService,
    complaints: list[str],
) -> None:
    mine = drafted(people["nora"], text="Wir sehen eure Nachrichten: Buchen geht gerade nicht.")
    approve(people["kari"], mine)
    whole = merged(service, people)
    page = signed_in(browser, url, "ida", complaints)
    page.goto(f"{url}/incidents/{whole}/words")
    ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert len(ids) == len({*ids})
    page.get_by_role("button", name="It is posted").click()
    expect(page.locator(f"[id='message-{ID}/1']").get_by_text("posted", exact=True)).to_be_visible()
    expect(page.locator(f"[id='message-{whole}/1']")).to_contain_text("draft")


def test_own_text_that_ends_with_a_line_break_is_handed_in_as_it_is_stored(
    browser: Browser, url: str, people: dict[str, httpx.Client], complaints: list[str]
) -> None:
    page = signed_in(browser, url, "ida", complaints)
    page.get_by_label("German proposal 1").fill("Wir sehen euch.\nBuchen geht gerade nicht. \n")
    page.get_by_role("button", name="Submit for approval").first.click()
    expect(page.get_by_text("Next: Kari Nygård: approve or return it")).to_be_visible()
    [one] = people["ida"].get(f"{PLACE}/messages").json()["messages"]
    assert one["message"]["text"] == "Wir sehen euch.\nBuchen geht gerade nicht."


def test_what_holds_no_more_cannot_be_copied_from_the_page(
    browser: Browser,
    url: str,
    people: dict[str, httpx.Client],
    service: RunningService,
    complaints: list[str],
) -> None:
    fact(people["nora"], "confirm", "next_update", "30m")
    approve(people["kari"], drafted(people["ida"], "working"))
    page = signed_in(browser, url, "ida", complaints)
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    service.at += 30 * MINUTE
    page.reload()
    expect(page.get_by_text("Next: draft it again")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)


def test_what_is_refused_is_said_on_the_page(
    browser: Browser, url: str, people: dict[str, httpx.Client], complaints: list[str]
) -> None:
    ida, ola = (signed_in(browser, url, who, complaints) for who in ("ida", "ola"))
    drafted(people["nora"])
    ola.reload()
    ola.get_by_role("button", name="Approve exactly this").click()
    expect(ola.get_by_role("alert")).to_contain_text("it needs one who may for de")
    ida.get_by_label("German proposal 1").fill("Wer ist schuld? Der Flughafen ist schuld.")
    ida.get_by_role("button", name="Submit for approval").first.click()
    expect(ida.get_by_role("alert")).to_contain_text("this cannot be published")
    expect(ida.get_by_text("Cannot be published: blame").first).to_be_visible()


def test_what_people_type_is_shown_as_text_and_does_nothing(
    browser: Browser, url: str, people: dict[str, httpx.Client], complaints: list[str]
) -> None:
    fact(people["nora"], "confirm", "alternative", f"de: {HOSTILE}")
    odd = {"step": "answer", "kind": "since", "value": "20:00", "source": HOSTILE}
    people["ida"].post(f"{PLACE}/facts", json=odd)
    asked = {"phase": "seen", "languages": ["de"], "text": HOSTILE}
    [made] = people["ida"].post(f"{PLACE}/messages", json=asked).json()["messages"]
    assert made["checked"]["findings"][0]["level"] == "block"
    page = signed_in(browser, url, "kari", complaints)
    assert page.locator("script, img, main b b").count() == 1, "the script that copies"
    shown = page.locator("blockquote").first
    expect(shown).to_contain_text('</textarea><script>document.title="owned"</script>')
    expect(shown).to_contain_text("‹U+202E›evil‹U+200B›")
    expect(page.get_by_text("Cannot be published: hidden_characters")).to_have_count(2)
    expect(page.get_by_text("In it: hidden characters, markup, what looks like")).to_have_count(2)
    assert not {"\u202e", "\u200b"} & {*page.locator("#facts + ul").inner_text()}
    assert "owned" not in page.title()
    assert complaints == []


def test_the_page_offers_to_correct_what_is_said_otherwise_since(
    browser: Browser, url: str, people: dict[str, httpx.Client], complaints: list[str]
) -> None:
    fact(people["nora"], "confirm", "works", "counters, phone")
    fact(people["nora"], "confirm", "next_update", "30m")
    fact(people["ola"], "answer", "works", "counters")
    page = signed_in(browser, url, "nora", complaints)
    expect(page.locator("#facts + ul").get_by_text("Said otherwise since")).to_be_visible()
    expect(page.get_by_text("Think of it: disputed").first).to_be_visible()
    expect(page.get_by_role("button", name="Confirm it", exact=True)).to_have_count(0)
    expect(page.locator("#correct-works")).to_have_count(1)

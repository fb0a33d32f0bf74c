"""Words for the public on the page, in a real browser on a phone."""

import re
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect

from monitor.words import promising
from tests.conftest import PATIENCE_S
from tests.monitor.conftest import PHONE
from tests.monitor.words.api import PLACE, approve, drafted, fact, merged, step
from tests.monitor.words.conftest import ID, MINUTE
from tests.service import RunningService, secret

HOSTILE = (
    '</textarea><script>document.title="owned"</script><img src=x onerror=alert(1)> '
    "{{ 7*7 }} <!channel> \u202eevil\u200b"
)


def signed_in(browser: Browser, site: str, name: str, complaints: list[str]) -> Page:
    """The page of somebody's phone, at what is said in public."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site}/incidents/{ID}/words")
    page.get_by_label("Your token").fill(secret(name))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(f"/incidents/{ID}/words$"))
    return page


def test_all_of_it_is_done_on_two_phones(
    browser: Browser, site: str, complaints: list[str], tmp_path: Path
) -> None:
    ida, kari, nora = (signed_in(browser, site, who, complaints) for who in ("ida", "kari", "nora"))
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
    nora.goto(f"{site}/incidents/{ID}")
    nora.get_by_role("link", name="What is said in public").click()
    expect(nora.get_by_role("heading", name="What is said in public")).to_be_visible()
    assert complaints == []


def test_who_is_asked_answers_one_question_by_a_link_and_sees_nothing_else(
    browser: Browser, site: str, people: dict[str, httpx.Client], complaints: list[str]
) -> None:
    asked = {"step": "ask", "kind": "flights", "question": "Which flights <b>now</b>?"}
    people["ida"].post(f"{PLACE}/facts", json=asked)
    ida = signed_in(browser, site, "ida", complaints)
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
    with httpx.Client(base_url=site, timeout=PATIENCE_S) as again:
        assert again.get(link).status_code == 410
        late = again.post("/answer", data={"link": secret_part, "value": "FW9", "name": "x"})
        assert late.status_code == 410
        again.cookies.set("seawall", secret_part)
        assert again.get("/").status_code == 303, "it lets nobody in"
    context.close()


def test_on_the_page_of_a_whole_a_button_acts_on_the_message_it_is_shown_at(
    browser: Browser,
    site: str,
    people: dict[str, httpx.Client],
    service: RunningService,
    complaints: list[str],
) -> None:
    mine = drafted(people["nora"], text="Wir sehen eure Nachrichten: Buchen geht gerade nicht.")
    approve(people["kari"], mine)
    whole = merged(service, people)
    page = signed_in(browser, site, "ida", complaints)
    page.goto(f"{site}/incidents/{whole}/words")
    ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert len(ids) == len({*ids})
    page.get_by_role("button", name="It is posted").click()
    expect(page.locator(f"[id='message-{ID}/1']").get_by_text("posted", exact=True)).to_be_visible()
    expect(page.locator(f"[id='message-{whole}/1']")).to_contain_text("draft")


def test_own_text_that_ends_with_a_line_break_is_handed_in_as_it_is_stored(
    browser: Browser, site: str, people: dict[str, httpx.Client], complaints: list[str]
) -> None:
    page = signed_in(browser, site, "ida", complaints)
    page.get_by_label("German proposal 1").fill("Wir sehen euch.\nBuchen geht gerade nicht. \n")
    page.get_by_role("button", name="Submit for approval").first.click()
    expect(page.get_by_text("Next: Kari Nygård: approve or return it")).to_be_visible()
    [one] = people["ida"].get(f"{PLACE}/messages").json()["messages"]
    assert one["message"]["text"] == "Wir sehen euch.\nBuchen geht gerade nicht."


def test_what_holds_no_more_cannot_be_copied_from_the_page(
    browser: Browser,
    site: str,
    people: dict[str, httpx.Client],
    service: RunningService,
    complaints: list[str],
) -> None:
    fact(people["nora"], "confirm", "next_update", "30m")
    approve(people["kari"], drafted(people["ida"], "working"))
    page = signed_in(browser, site, "ida", complaints)
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    service.at += 30 * MINUTE
    page.reload()
    expect(page.get_by_text("Next: draft it again")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)


def test_what_is_refused_is_said_on_the_page(
    browser: Browser, site: str, people: dict[str, httpx.Client], complaints: list[str]
) -> None:
    ida, ola = (signed_in(browser, site, who, complaints) for who in ("ida", "ola"))
    drafted(people["nora"])
    ola.reload()
    ola.get_by_role("button", name="Approve exactly this").click()
    expect(ola.get_by_role("alert")).to_contain_text("it needs one who may for de")
    ida.get_by_label("German proposal 1").fill("Wer ist schuld? Der Flughafen ist schuld.")
    ida.get_by_role("button", name="Submit for approval").first.click()
    expect(ida.get_by_role("alert")).to_contain_text("this cannot be published")
    expect(ida.get_by_text("Cannot be published: blame").first).to_be_visible()


def test_what_people_type_is_shown_as_text_and_does_nothing(
    browser: Browser, site: str, people: dict[str, httpx.Client], complaints: list[str]
) -> None:
    fact(people["nora"], "confirm", "alternative", f"de: {HOSTILE}")
    odd = {"step": "answer", "kind": "since", "value": "20:00", "source": HOSTILE}
    people["ida"].post(f"{PLACE}/facts", json=odd)
    asked = {"phase": "seen", "languages": ["de"], "text": HOSTILE}
    [made] = people["ida"].post(f"{PLACE}/messages", json=asked).json()["messages"]
    assert made["checked"]["findings"][0]["level"] == "block"
    page = signed_in(browser, site, "kari", complaints)
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
    browser: Browser, site: str, people: dict[str, httpx.Client], complaints: list[str]
) -> None:
    fact(people["nora"], "confirm", "works", "counters, phone")
    fact(people["nora"], "confirm", "next_update", "30m")
    fact(people["ola"], "answer", "works", "counters")
    page = signed_in(browser, site, "nora", complaints)
    expect(page.locator("#facts + ul").get_by_text("Said otherwise since")).to_be_visible()
    expect(page.get_by_text("Think of it: disputed").first).to_be_visible()
    expect(page.get_by_role("button", name="Confirm it", exact=True)).to_have_count(0)
    expect(page.locator("#correct-works")).to_have_count(1)


def test_what_is_not_confirmed_yet_is_confirmed_where_its_draft_stands(
    browser: Browser,
    site: str,
    people: dict[str, httpx.Client],
    service: RunningService,
    complaints: list[str],
) -> None:
    fact(people["nora"], "confirm", "next_update", "60m")
    one = drafted(people["ida"], "working")
    approve(people["kari"], one)
    step(people["ida"], one, "posted")
    service.at += 45 * MINUTE
    with service.database.write() as connection:
        promising.attend(connection, service.configuration, service.at)
    page = signed_in(browser, site, "ida", complaints)
    offered = page.locator(f"[id='message-{ID}/2']")
    expect(offered.get_by_text("Next: confirm first: Next update")).to_be_visible()
    expect(offered.get_by_role("button", name="Submit it for approval")).to_have_count(0)
    offered.get_by_role("button", name="Confirm Next update").click()
    offered.get_by_role("button", name="Submit it for approval").click()
    expect(offered.get_by_text("Next: Kari Nygård: approve or return it")).to_be_visible()
    assert complaints == []


def test_what_two_incidents_say_differently_is_settled_with_a_tap(
    browser: Browser,
    site: str,
    people: dict[str, httpx.Client],
    service: RunningService,
    complaints: list[str],
) -> None:
    fact(people["ola"], "confirm", "flights", "FW123")
    service.at += MINUTE
    whole = merged(service, people, flights="FW456")
    service.at += MINUTE
    page = signed_in(browser, site, "ola", complaints)
    page.goto(f"{site}/incidents/{whole}/words")
    known = page.locator("#facts + ul li")
    expect(known.get_by_text("Confirmed so in")).to_have_count(2)
    known.filter(has_text="FW123").get_by_role("button", name="Confirm that it is so").click()
    expect(known.get_by_text("Confirmed so in")).to_have_count(0)
    [now] = people["ola"].get(f"/api/v1/incidents/{whole}/facts").json()["facts"]
    assert (now["value"], now["state"]) == ("FW123", "confirmed")

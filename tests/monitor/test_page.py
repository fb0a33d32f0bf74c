"""The page, in a real browser: who is woken at night signs in, sees, and takes it in hand."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from alerts.incidents.incident import Incident, Kind, State
from alerts.posts import Post
from detectors import Series
from monitor.http.application import application
from monitor.http.drawing import drawn
from monitor.service import Health, NotifierStatus, SourceStatus
from monitor.store import access
from tests.airline import delivery, post
from tests.alerts import scenes
from tests.conftest import PATIENCE_S
from tests.monitor.conftest import PHONE
from tests.service import RunningService, configured, new_database, secret, served, tell

NOW = scenes.DETECTED + timedelta(minutes=14)
SERIES = {
    Kind.SURGE: scenes.BOOKING_ON_X,
    Kind.SILENCE: Series("fjordwing", "all", "bluesky"),
}
DESK = {"width": 1280, "height": 900}


def unattended(**changes: object) -> Incident:
    """An incident that nobody has in hand."""
    nobody = {"acknowledged_at": None, "acknowledged_by": None}
    return replace(scenes.incident(), **{**nobody, **changes})  # type: ignore[arg-type]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    database = new_database(tmp_path / "seawall.db")
    yield RunningService(
        configured(tmp_path),
        database,
        NOW,
        source_states=[
            SourceStatus("x", "x", ["x"], Health.WORKING, False, NOW - timedelta(minutes=1)),
            SourceStatus(
                "bluesky",
                "bluesky",
                ["bluesky"],
                Health.FAILING,
                True,
                NOW - timedelta(minutes=40),
                "the stream was closed: 503 <script>",
                NOW - timedelta(minutes=39),
            ),
        ],
        notifier_states=[NotifierStatus("slack", "slack", Health.WORKING, 0)],
    )
    database.close()


@pytest.fixture
def url(service: RunningService) -> Iterator[str]:
    with served(application(service)) as url:
        yield url


def watched(context: BrowserContext, complaints: list[str]) -> Page:
    """A tab whose console is read: a violated policy shows there, too."""
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def link(service: RunningService) -> str:
    with service.database.write() as connection:
        return access.make_link(connection, datetime.now(UTC))


def old(service: RunningService) -> None:
    """One that is over, and was somebody else's."""
    over = unattended(
        id="fjordwing-aaaaaaaa",
        state=State.RESOLVED,
        resolved_at=NOW - timedelta(hours=20),
        resolved_by="seawall",
        surges=tuple(
            replace(one, detected_at=one.detected_at - timedelta(days=1), ended_at=NOW)
            for one in scenes.incident().surges
        ),
        detected_at=scenes.DETECTED - timedelta(days=1),
    )
    tell(service.database, over, scenes.briefing(about=over))


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESK, "light")])
def test_somebody_signs_in_by_link_and_takes_an_incident_in_hand(
    service: RunningService,
    url: str,
    browser: Browser,
    complaints: list[str],
    tmp_path: Path,
    size: dict[str, int],
    scheme: str,
) -> None:
    incident = unattended()
    tell(service.database, incident, scenes.briefing(about=incident))
    old(service)
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = watched(context, complaints)
    page.goto(f"{url}/sign-in?link={link(service)}")
    page.get_by_label("Your name").fill("Kari Nordmann")
    page.screenshot(path=tmp_path / "sign-in.png")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{url}/")
    expect(page.get_by_text("Nobody has it in hand")).to_be_visible()
    page.screenshot(path=tmp_path / "home.png", full_page=True)
    page.get_by_role("link", name=re.compile("Fjordwing Air: booking")).first.click()
    main = page.get_by_role("button", name="I take care of it")
    expect(main).to_be_in_viewport()  # wherever one has scrolled to
    box = main.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    expect(page.get_by_role("img")).to_be_visible()
    page.screenshot(path=tmp_path / "top.png")
    page.screenshot(path=tmp_path / "incident.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    main.click()
    expect(page.get_by_text("Kari Nordmann has it in hand")).to_be_visible()
    expect(main).to_have_count(0)
    expect(page.get_by_text("Acknowledged by Kari Nordmann")).to_be_visible()
    page.screenshot(path=tmp_path / "acknowledged.png")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size["width"]
    page.get_by_text("It is over …").click()
    expect(page.get_by_text("tells everybody that this is over")).to_be_visible()
    page.get_by_role("button", name="Resolve it").click()
    expect(page.get_by_text("Resolved by Kari Nordmann").first).to_be_visible()
    expect(page.get_by_text("It is over …")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{url}/sign-in")
    assert complaints == []
    context.close()


def test_all_that_people_can_do_is_done_from_a_phone(
    service: RunningService, url: str, browser: Browser, complaints: list[str], tmp_path: Path
) -> None:
    bags = scenes.surge(Series("fjordwing", "baggage", "x"))
    incident = unattended(surges=(*scenes.incident().surges, bags))
    charts = {**scenes.CHARTS, bags.series: scenes.chart(peak=4, gap=True)}
    tell(service.database, incident, scenes.briefing(about=incident, charts=charts))
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = watched(context, complaints)
    page.goto(f"{url}/sign-in?link={link(service)}")
    page.get_by_label("Your name").fill("Kari")
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{url}/incidents/{incident.id}")

    def unfold(title: str) -> None:
        if not page.locator("#more").count():
            page.get_by_role("link", name="More").click()
        page.locator("summary").filter(has_text=title).click()

    unfold("Who takes it")
    page.get_by_role("button", name="I take it, at my desk by then").click()
    expect(page.get_by_text("Kari is at a desk by 23:35")).to_be_visible()
    unfold("Who takes it")
    page.get_by_label("To a person or a department").fill("IT <b>")
    page.get_by_role("button", name="Assign it").click()
    expect(page.get_by_text("Assigned to IT <b> by Kari")).to_be_visible()
    unfold("Put it off")
    page.get_by_label("Until 07:00, for 2h").fill("some day")
    page.get_by_role("button", name="Snooze it", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("'some day' is no time: write 07:00")
    unfold("Put it off")
    page.get_by_role("button", name="Snooze it until it doubles").click()
    expect(page.get_by_text("until 2,800 posts have come")).to_be_visible()
    unfold("What it was")
    page.get_by_label("It was").select_option("a hoax")
    page.locator("#verdict-why").fill("nobody can name a flight")
    page.get_by_role("button", name="That is what it was").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is learned from it")
    expect(page.get_by_text("Kari finds that it is a hoax: nobody can name")).to_be_visible()
    unfold("What those who answer are told")
    page.get_by_label("Never say, a line each").fill("hackers\nthe cause")
    page.get_by_role("button", name="Publish it").click()
    expect(page.get_by_text("hackersthe cause")).to_be_visible()
    page.get_by_role("button", name="I have read it").click()
    expect(page.get_by_text("read by Kari")).to_be_visible()
    unfold("Merge, split, restrict")
    page.get_by_label("baggage").check()
    page.get_by_role("button", name="Make them an incident of their own").click()
    expect(page.get_by_text("Split by Kari: baggage is fjordwing-")).to_be_visible()
    unfold("Merge, split, restrict")
    page.screenshot(path=tmp_path / "done.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Undo the split").click()
    expect(page.get_by_text("Undone by Kari: the split of")).to_be_visible()
    page.get_by_role("link", name="Seawall").click()
    expect(page.get_by_text("assigned to IT <b>; snoozed until 2,800")).to_be_visible()
    page.get_by_text("Something happened that nobody writes about").click()
    page.get_by_label("What has happened").fill("Check-in is down at Oslo")
    page.get_by_role("button", name="Report it").click()
    expect(page.get_by_text("Reported by Kari: Check-in is down at Oslo")).to_be_visible()
    page.screenshot(path=tmp_path / "reported.png", full_page=True)
    assert [one for one in complaints if "409 (Conflict)" not in one] == []
    context.close()


def test_a_link_on_another_site_leads_one_who_is_signed_in_to_the_incident(
    service: RunningService, url: str, browser: Browser, complaints: list[str]
) -> None:
    incident = unattended()
    tell(service.database, incident, scenes.briefing(about=incident))
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = watched(context, complaints)
    page.goto(f"{url}/incidents/{incident.id}")
    page.get_by_label("Your token").fill(secret("kari"))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{url}/incidents/{incident.id}")
    elsewhere = url.replace("127.0.0.1", "localhost")  # another site, to a browser
    page.route(
        f"{elsewhere}/chat",
        lambda route: route.fulfill(
            body=f"<a href='{url}/incidents/{incident.id}'>the incident</a>",
            content_type="text/html",
        ),
    )
    page.goto(f"{elsewhere}/chat")
    page.get_by_role("link").click()
    expect(page).to_have_url(f"{url}/incidents/{incident.id}")
    expect(page.get_by_role("button", name="I take care of it")).to_be_visible()
    assert complaints == []
    context.close()


def test_what_strangers_write_is_shown_and_does_nothing(
    service: RunningService, url: str, browser: Browser, complaints: list[str]
) -> None:
    evil = (
        '</textarea></title></svg><script>document.title="owned"</script><img src=x '
        'onerror=alert(1)>"\'><a href="javascript:alert(1)">{{ 7*7 }}</a> \x1b[2J \u202egnp.exe'
    )
    said = [
        Post("x", words, scenes.START, f"{evil} {words}", author=evil, lang="en", url=url)
        for words, url in (
            ("is my booking gone or what?", "javascript:alert(1)"),
            ("nothing works at all since an hour", "https://posts.example/1?a=1&b=2"),
        )
    ]
    named = replace(scenes.DESK, brand_name=evil[:90], topic_names={"booking": evil})
    incident = unattended(id='fjordwing-"><b>', brand="fjordwing")
    told = replace(
        scenes.briefing(about=incident, said=said, desk=named),
        examples=tuple(said),
        holding_messages={"en": f"{evil}\nsecond line", '"><b>': evil},
    )
    tell(service.database, incident, told)
    context = browser.new_context()
    page = watched(context, complaints)
    page.goto(f"{url}/sign-in?link={link(service)}")
    page.get_by_label("Your name").fill('<script>alert("name")</script>')
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=re.compile("expected number")).first.click()
    assert page.locator("script, img, b b, a[href^=javascript]").count() == 0
    assert "owned" not in page.title().split("<script>")[0]
    assert page.get_by_label("In English").input_value() == (
        evil.replace("\x1b", "␛").replace("\u202e", "‹U+202E›") + "\nsecond line"
    )
    assert page.get_by_role("link", name="see it there").count() == 1
    expect(page.locator("blockquote").first).to_contain_text("</textarea></title>")
    page.get_by_role("button", name="I take care of it").click()
    expect(page.get_by_text('<script>alert("name")</script> has it in hand')).to_be_visible()
    assert complaints == []
    context.close()


def test_the_second_who_takes_it_in_hand_hears_who_was_first(
    service: RunningService, url: str
) -> None:
    incident = unattended()
    tell(service.database, incident, scenes.briefing(about=incident))
    with (
        httpx.Client(base_url=url, timeout=PATIENCE_S) as ole,
        httpx.Client(base_url=url, timeout=PATIENCE_S) as kari,
    ):
        for person, name in ((ole, "Ole"), (kari, "Kari")):
            person.post("/sign-in", data={"link": link(service), "name": name})
        word = re.search('name="word" value="(.+?)"', kari.get("/").text)
        its = re.search('name="word" value="(.+?)"', ole.get("/").text)
        assert word is not None
        assert its is not None
        place, step = f"/incidents/{incident.id}", {"step": "acknowledge"}
        assert ole.post(place, data={**step, "word": word[1]}).status_code == 403  # another's word
        assert ole.post(place, data={**step, "word": its[1]}).status_code == 303
        second = kari.post(place, data={**step, "word": word[1]})
    assert second.status_code == 409
    assert "was acknowledged by Ole already" in second.text
    assert "Ole has it in hand" in second.text
    assert "I take care of it" not in second.text


def test_when_nothing_goes_on_the_page_says_so_and_shows_what_is_blind(
    service: RunningService, url: str
) -> None:
    old(service)
    with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        client.post("/sign-in", data={"token": secret("reader")})
        home = client.get("/")
        assert "All is calm" not in home.text, "nobody knows what goes on where nobody sees"
        assert "is not seen: what people write there is not known" in home.text
        assert "Resolved by itself" in home.text
        assert "is blind" in home.text
        assert "503 &lt;script&gt;" in home.text
        missing = client.get("/incidents/nothing")
        assert (missing.status_code, 'href="/"' in missing.text) == (404, True)
        assert client.get("/nothing").status_code == 404


def test_talk_and_silence_are_shown_as_what_they_are(service: RunningService, url: str) -> None:
    talk, silence = scenes.talk(), scenes.silence()
    for id, kind, told in (("t", Kind.SURGE, talk), ("s", Kind.SILENCE, silence)):
        about = unattended(
            id=f"fjordwing-{id}",
            severity=told.severity,
            kind=kind,
            calls=told.calls,
            surges=(replace(scenes.incident().surges[0], detected_at=NOW, series=SERIES[kind]),),
        )
        tell(service.database, about, replace(told, incident=about.id))
    with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        client.post("/sign-in", data={"token": secret("reader")})
        home = client.get("/").text
        assert "calls nobody: 13% of its posts tell of trouble, where 60% usually do: talk" in home
        assert '<span class="tag talk">talk</span>' in home
        assert "silent, about 42 posts missed so far" in home
        shown = client.get("/incidents/fjordwing-s").text
        assert '<span class="tag silence">silence</span>' in shown
        assert "Fjordwing Air on X" in shown
        assert "Holding messages" not in shown


def test_where_nothing_is_known_yet_the_page_says_that_it_is_warming_up(
    service: RunningService, url: str
) -> None:
    minutes = [NOW + n * timedelta(minutes=5) for n in range(2)]
    service.watch.take(delivery([post(NOW, "@FjordwingAir hello")], *minutes))
    with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        client.post("/sign-in", data={"token": secret("reader")})
        assert "Warming up: 3 of 3 series on X." in client.get("/").text


def test_the_chart_shows_what_was_not_observed_as_neither_zero_nor_bar() -> None:
    told = scenes.briefing()
    svg = ElementTree.fromstring(str(drawn(told)))  # noqa: S314
    bars = [one for one in svg.iter("rect") if one.get("class") in ("before", "since")]
    [gap] = [one for one in svg.iter("rect") if one.get("class") == "gap"]
    assert len(bars) == sum(1 for one in told.chart.observed if one)
    begin, end = float(gap.get("x", 0)), float(gap.get("x", 0)) + float(gap.get("width", 0))
    assert [bar for bar in bars if begin <= float(bar.get("x", 0)) + 0.01 < end - 0.1] == []
    assert {bar.get("class") for bar in bars} == {"before", "since"}
    texts = {one.text for one in svg.iter("text")}
    assert {"began 23:07", "20:57"} <= texts  # the reader's clock

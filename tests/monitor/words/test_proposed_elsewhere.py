"""A program is asked for a draft from Slack and from the page, by the rules of the command."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from monitor import clock
from monitor.configuration import loads
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble
from monitor.http.application import application
from monitor.telling.slack_desk import SlackDesk
from tests.airline import CONFIGURATION
from tests.alerts.notifiers.slack_stage import Slack
from tests.monitor.words.conftest import ACCOUNT, HELD, NOW, PEOPLE, Evening
from tests.monitor.words.test_messaging import turns_out
from tests.monitor.words.test_words_page import signed_in
from tests.monitor.words.test_words_slack import NAMES, Office
from tests.service import RunningService, configured, served

TEXT = "Wir sehen eure Nachrichten, und fragen nach."
BUTTON = "Ask a program for a draft"
ACTION = "seawall_notice:propose:0"


@pytest.fixture
def proposes(tmp_path: Path) -> str:
    """What the configuration says of a program that always proposes the same."""
    program = tmp_path / "propose.py"
    said = json.dumps([{"language": "de", "text": TEXT}])
    program.write_text(f"#!{sys.executable}\nprint({said!r})", encoding="utf-8")
    program.chmod(0o755)
    return f"propose: {{program: {program}, timeout: 2m}}\n"


@pytest.fixture
def office(evening: Evening, proposes: str) -> Iterator[Callable[[str], Office]]:
    """The office, with this at the end of its configuration."""
    people = PEOPLE
    for short, name in NAMES.items():
        people = people.replace(f"name: {name}", f"name: {name}, slack: U0{short.upper()}X")
    double = SlackDouble(now=clock.wall, pace_s=0)

    with serving(double.app) as url:

        def there(more: str = proposes) -> Office:
            evening.configuration = loads(CONFIGURATION + people + more)
            service = RunningService(evening.configuration, evening.database, evening.now)
            return Office(evening, Slack(double, url), SlackDesk(service))

        yield there


def test_a_program_is_asked_from_slack_and_its_words_are_a_draft_of_whoever_asked(
    office: Callable[..., Office],
) -> None:
    there = office()

    async def night() -> None:
        await there.opens("Ida", "words")
        await there.chooses("Ida", "language", "de")
        assert BUTTON in await there.chooses("Ida", "channel", "mastodon")
        shown = await there.changes(
            "Ida", lambda: there.double.hands.press_in_window("Ida", ACTION)
        )
        assert "Proposed by a program; drafted" in shown
        assert TEXT in shown

    there.works(night)
    [one] = there.evening.messages()
    assert (one.authors, one.channel, one.text) == (("Ida Dahl", "a program"), "mastodon", TEXT)


@pytest.mark.parametrize("why", ["none is configured", "it is restricted", "it is grave", "reply"])
def test_in_slack_no_program_is_offered_where_none_may_be_asked(
    office: Callable[..., Office], why: str
) -> None:
    there = office("") if why == "none is configured" else office()
    if why == "it is restricted":
        there.evening.do("nora", "restrict")
    if why == "it is grave":
        turns_out(there.evening, "accident")

    async def night() -> None:
        shown = await there.opens("Ida", "words")
        if why == "reply":
            assert BUTTON in shown
            shown = await there.chooses("Ida", "phase", "pointer")
        assert "Say nothing…" in shown
        assert BUTTON not in shown

    there.works(night)


def test_a_program_is_asked_on_the_page_where_it_may_be(
    browser: Browser, tmp_path: Path, service: RunningService, proposes: str, complaints: list[str]
) -> None:
    service.configuration = configured(tmp_path, HELD, PEOPLE, ACCOUNT, proposes)
    with served(application(service, wall=lambda: NOW)) as site:
        page = signed_in(browser, site, "ida", complaints)
        page.get_by_role("button", name=BUTTON).click()
        expect(page.locator("blockquote").get_by_text(TEXT)).to_be_visible()
        expect(page.get_by_text("By Ida Dahl and a program")).to_be_visible()
        page.get_by_label("Phase").select_option("pointer")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)
    assert complaints == []


def test_the_page_offers_no_program_where_there_is_none(
    browser: Browser, site: str, complaints: list[str]
) -> None:
    page = signed_in(browser, site, "ida", complaints)
    expect(page.get_by_role("heading", name="What could be said")).to_be_visible()
    expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)

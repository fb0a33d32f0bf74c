"""The offline pack in the browser of a phone that has no network, at three in the morning."""

import re
from pathlib import Path

from playwright.sync_api import Browser

from monitor.pack import page, words
from monitor.pack.contents import Calls, Number, Pack, Turn
from tests.monitor.conftest import PHONE

KARI = Number("Kari Nygård", "+47 5550 0101")
SPEAKERS = [words.Speaker("Fjordwing Air", one, False, {}) for one in ("en", "de")]
PACK = Pack(
    title="Customer care",
    made="Sat 21 Nov, 18:00 CET",
    until="Sat 5 Dec, 18:00 CET",
    timezone="Europe/Oslo",
    duty_list=(Number("Duty manager", "+47 5550 0100", "Operations control", "day and night"),),
    people=(KARI, Number("Ola Berg")),
    calls=(Calls("Customer care", "at the desks", (Turn(KARI, "now", "Monday"),), ("then all",)),),
    may=(("approves in English", "Kari Nygård"),),
    confirm=(("What fails", "IT: Ola Berg"),),
    situations=words.told(SPEAKERS, words.templates(SPEAKERS)),
)
WIDTH = "document.documentElement.scrollWidth"


def test_a_phone_shows_it_without_a_network(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "pack.html"
    file.write_text(page.written(PACK), encoding="utf-8")
    asked: list[str] = []
    context = browser.new_context(viewport=PHONE, color_scheme="dark", offline=True)
    shown = context.new_page()
    shown.on("request", lambda request: asked.append(request.url))
    shown.goto(file.as_uri())
    assert asked == [file.as_uri()]
    assert shown.evaluate(WIDTH) == PHONE["width"]
    for target in shown.locator("nav a, a.call, summary").all():
        if target.is_visible() and (box := target.bounding_box()):
            assert box["height"] >= 48, "a thumb hits it in the dark"
    dark = shown.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", dark)[:3])) < 40
    booking = shown.locator("details", has_text="Booking on the site").first
    booking.locator("> summary").click()
    booking.locator("> details > summary", has_text="In English").click()
    assert booking.locator("mark").first.is_visible()
    shown.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert shown.evaluate(WIDTH) == PHONE["width"], "nothing in it is wider than the phone"
    context.close()

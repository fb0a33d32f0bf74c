"""Makes docs/slack.png and docs/page.png: what a team sees while the demonstration's booking fails.

It needs Chromium. The pictures are taken of a real run, so they differ a little each time.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
SEAWALL = Path(sys.executable).parent / "seawall"
LATER_MS = 22_000
"""After the first message: by then there is something to see on the chart."""

WIDTH, SLACK_HEIGHT, PAGE_HEIGHT = 780, 1010, 900


def main() -> None:
    """Run the demonstration, and look at it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [SEAWALL, "demo", "--fresh", "--database", f"sqlite:///{folder}/demo.db"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demonstration:
            try:
                _look(demonstration)
            finally:
                demonstration.kill()


def _look(demonstration: "subprocess.Popen[str]") -> None:
    assert demonstration.stdout
    addresses = []
    for line in demonstration.stdout:
        addresses += re.findall(r"http://127\.0\.0\.1:\S+", line)
        if len(addresses) == 2:
            break
    link, slack = addresses
    chromium = shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": WIDTH, "height": SLACK_HEIGHT})
        shown.goto(f"{slack}channel/C0SEAWALL")
        shown.wait_for_selector("text=Acknowledge", timeout=90_000)
        shown.wait_for_timeout(LATER_MS)
        _take(shown, "slack.png")
        page = browser.new_page(viewport={"width": WIDTH, "height": PAGE_HEIGHT})
        page.goto(link)
        page.fill("input[name=name]", "Kari")
        page.click("main button, form button")
        page.click("a[href^='/incidents/']")
        page.wait_for_load_state()
        _take(page, "page.png")
        browser.close()


def _take(page: Page, name: str) -> None:
    page.screenshot(path=HERE / name)


if __name__ == "__main__":
    main()

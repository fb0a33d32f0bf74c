"""Makes the pictures of the documentation, with Chromium.

`python -m docs.picture` makes docs/slack.png and docs/page.png: what a team sees while the
demonstration's booking fails, in a real run, so that they differ a little each time.
`python -m docs.picture messages` writes docs/messages/ anew: each kind of message as JSON, and as
Slack would show it.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from monitor.doubles.serving import serving

HERE = Path(__file__).parent
SEAWALL = Path(sys.executable).parent / "seawall"
LATER_MS = 22_000
"""After the first message: by then there is something to see on the chart."""

WIDTH, SLACK_HEIGHT, PAGE_HEIGHT = 780, 1330, 900
MESSAGE_WIDTH, COLOURS = 640, 48
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


def main() -> None:
    """Make the pictures that are asked for."""
    if sys.argv[1:] == ["messages"]:
        _messages()
    else:
        _demonstration()


def _messages() -> None:
    """Write every kind of message, and take a picture of it in the Slack double's page."""
    from tests.alerts.notifiers import slack_messages as kinds

    told = {name: kinds.shown(tell) for name, (_, tell) in kinds.messages().items()}
    kinds.FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": MESSAGE_WIDTH, "height": PAGE_HEIGHT})
        for name, (message, double) in told.items():
            kinds.committed(name).write_text(kinds.as_json(message), "utf-8")
            with serving(double.app) as url:
                page.goto(f"{url}/channel/{message.channel}?name=Kari")
                picture = page.locator("article.message").screenshot()
            few = Image.open(BytesIO(picture)).convert("RGB").quantize(COLOURS)
            few.save(kinds.committed(name).with_suffix(".png"), optimize=True)
        browser.close()


def _demonstration() -> None:
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
    slack, link = addresses  # those of who is on call
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": WIDTH, "height": SLACK_HEIGHT})
        shown.goto(slack.replace("?", "channel/C0SEAWALL?"))
        shown.wait_for_selector("text=At my desk", timeout=90_000)
        shown.wait_for_timeout(LATER_MS)
        message = shown.locator("article.message", has=shown.locator("img")).bounding_box()
        assert message
        message["height"] = SLACK_HEIGHT
        shown.screenshot(path=HERE / "slack.png", full_page=True, clip=message)
        page = browser.new_page(viewport={"width": WIDTH, "height": PAGE_HEIGHT})
        page.goto(link)
        page.click("main button, form button")
        page.click("a[href^='/incidents/']")
        page.wait_for_load_state()
        page.screenshot(path=HERE / "page.png")
        browser.close()


if __name__ == "__main__":
    main()

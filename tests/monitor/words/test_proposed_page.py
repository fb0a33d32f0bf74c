"""What is handed in on the page is what was read there, in the phase in which it was read."""

import re

import httpx

from tests.conftest import PATIENCE_S
from tests.monitor.words.api import PLACE
from tests.monitor.words.conftest import ID
from tests.service import secret

OWN = "Wir sehen eure Nachrichten: Buchen geht gerade nicht."


def test_the_same_words_in_another_phase_are_not_handed_in_for_what_was_read(
    site: str, people: dict[str, httpx.Client]
) -> None:
    for phase in ("seen", "update"):
        asked = {"phase": phase, "channel": "x", "languages": ["de"], "text": OWN}
        people["ida"].post(f"{PLACE}/messages", json=asked).raise_for_status()
    place = f"{site}/incidents/{ID}/words"
    with httpx.Client(follow_redirects=True, timeout=PATIENCE_S) as browser:
        to = {"token": secret("ida"), "to": f"/incidents/{ID}/words"}
        page = browser.post(f"{site}/sign-in", data=to).text
        form = {"word": re.findall('name="word" value="([^"]+)"', page)[0], "step": "propose"}
        form |= {"phase": "seen", "channel": "x", "language": "de", "text": OWN}
        browser.post(place, data=form | {"proposed": "Wir wissen davon."}).raise_for_status()
    standing = people["ida"].get(f"{PLACE}/messages").json()["messages"]
    assert {one["message"]["phase"]: one["message"]["state"] for one in standing} == {
        "seen": "submitted",
        "update": "draft",
    }

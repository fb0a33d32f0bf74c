"""Every kind of message as people get it in Slack: what docs/messages.md shows."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.briefings import instruction
from alerts.briefings.briefing import Briefing
from alerts.briefings.composing import Basis, Gist, compose
from alerts.briefings.instruction import Instruction
from alerts.duty import handover, ringing
from alerts.duty.calling import UNTOUCHED
from alerts.duty.handover import Handover, Matter, Night
from alerts.duty.notices import Action, Notice, Purpose
from alerts.duty.roster import ON_CALL, Person, Rota, Shift, Team
from alerts.incidents import breach
from alerts.incidents.incident import Answer, Incident, Kind, Reason, Severity, State
from alerts.incidents.reach import Reach
from alerts.notifiers._slack_notifier import SlackNotifier
from alerts.posts import Post
from alerts.words.approval import Message as PublicMessage
from alerts.words.phases import Channel, Phase
from monitor.doubles.serving import serving
from monitor.doubles.slack import Message, SlackDouble
from monitor.staffing import breaches
from tests.alerts import scenes
from tests.alerts.notifiers.slack_stage import APP_TOKEN, CHANNEL, PLACES, TOKEN, scene, told
from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "messages"
NOW = scenes.DETECTED + timedelta(minutes=12)
MORNING = datetime.fromisoformat("2026-11-22T09:00:00+00:00")
OSLO = ZoneInfo("Europe/Oslo")
KARI, OLA = Person("kari", "Kari Nygård", OSLO), Person("ola", "Ola Vik", OSLO)
CARE = Team("care", "Customer care", Rota(OSLO), {"kari": KARI, "ola": OLA})
CONTENT = replace(CARE, id="content", name="Content")

Tell = Callable[[SlackNotifier], Awaitable[object]]


def incident(briefing: Briefing) -> Tell:
    """What the channel is shown of an incident."""
    return lambda notifier: notifier.send(told(briefing))


def notice(one: Notice, address: str | None = None) -> Tell:
    """What rings, in the channel or for a person."""
    return lambda notifier: notifier.notify(one, address=address, thread=None, uncertain=False)


def in_hand() -> Briefing:
    taken = {"acknowledged_how": Answer.DESK, "desk_at": NOW + timedelta(minutes=10)}
    return scene(Reason.ACKNOWLEDGED, State.ACKNOWLEDGED, by="Kari", assigned_to="IT", **taken)


def safety() -> Briefing:
    """Three people write of smoke."""
    words = {"smoke": 2, "evacuated": 1}
    said = "Smoke in the cabin at gate 5, everybody was evacuated"
    about = Incident(
        "fjordwing-5mok3aaa",
        "fjordwing",
        State.OPEN,
        Severity.CRITICAL,
        scenes.START,
        scenes.START,
        0.0,
        scenes.START,
        (),
        kind=Kind.SAFETY,
        subject="smoke, evacuated",
    )
    gist = Gist(Reach(3, 3, 0, {"en": 3}, {"x": 3}), (("x", "1"),))
    at = scenes.START + timedelta(minutes=1)
    basis = Basis(about, Reason.OPENED, at, scenes.DESK, gist, safety_words=words)
    return compose(basis, [Post("x", "1", scenes.START, said, "traveller7", "en")])


def agent_brief() -> Notice:
    content = Instruction.written(
        true="Booking on the site and in the app fails since 23:07\nCheck-in works",
        say="We see it, and are working on it; news at 00:30",
        never="the cause\nwhen it works again",
        offer="rebooking by phone, free of charge",
        ask="IT duty manager, +47 5550 0100",
    ).published(1, "Nora", NOW)
    title, lines = instruction.title(content, "Fjordwing Air"), instruction.told(None, content)
    about = scene().incident
    return Notice(
        "brief",
        Purpose.INSTRUCTION,
        NOW,
        title,
        lines,
        about,
        about,
        timezone="Europe/Oslo",
        actions=(Action("Read", "read", "1"),),
    )


def to_be_approved() -> Notice:
    said = PublicMessage(
        id=f"{scene().incident}/1",
        incident=scene().incident,
        situation="booking",
        language="de",
        channel=Channel.X,
        phase=Phase.WORKING,
        text="Das Buchen geht gerade nicht. Bitte zahlt nicht zweimal. Mehr um 00:30 Uhr (MEZ).",
        authors=("Kari Nygård",),
        at=NOW,
    )
    return Notice(
        f"submitted/{said.id}/2",
        Purpose.WORDS,
        NOW,
        f"To be approved: German message (working, x) {said.id}",
        (said.text, "By Kari Nygård; it needs Ola Vik."),
        said.id,
        said.incident,
        timezone="Europe/Oslo",
        actions=(Action("Approve", "approve", said.sha256),),
    )


def time_is_running() -> Notice:
    about = scenes.incident()
    aware = breach.Breach(
        scenes.DETECTED,
        "Kari Nygård",
        "acknowledged it",
        None,
        (breach.Term(breach.Law.GDPR, scenes.DETECTED + breach.WITHIN[breach.Law.GDPR]),),
        ("Nora Lie",),
    )
    headline = "Fjordwing Air: customer data — ×11 the expected number since 23:07"
    return breaches.time_left("b1", about, headline, aware, aware.terms[0], "Europe/Oslo", NOW)


_STRUCK = {
    "q2ab7c4d": "cancellations",
    "h5t6k2pm": "baggage",
    "w3n8r1xz": "check-in",
    "b7y4s9lf": "delays",
    "k1d5v2gq": "refunds",
    "m6j3z8wt": "seats",
    "p4c9x7hn": "the app",
    "t8f2l5rb": "lounges",
    "z5g1m3yd": "pets",
}


def storm() -> Notice:
    return Notice(
        "storm",
        Purpose.STORM,
        NOW,
        "988 more incidents began at once",
        (
            "5 critical, 12 major, 971 minor",
            f"CRITICAL {scene().headline}: {scene().incident}",
            *(
                f"MAJOR Fjordwing Air: {what} — ×8 the expected number since 23:09: fjordwing-{id}"
                for id, what in _STRUCK.items()
            ),
            "and 978 more",
        ),
        urgent=True,
        timezone="Europe/Oslo",
    )


def given() -> Notice:
    matter = Matter(
        scene().incident,
        scene().headline,
        Severity.CRITICAL,
        State.ACKNOWLEDGED,
        scenes.START,
        "Kari Nygård",
        "IT",
        ("Is check-in affected, too?",),
        paused=True,
        reached=("IT duty manager",),
        brief=2,
    )
    names = {"kari": "Kari Nygård", "ola": "Ola Vik"}
    left = Handover(
        "h1", "care", "Customer care", MORNING, "Europe/Oslo", "kari", "ola", names, (matter,)
    )
    return handover.given(left)


def night() -> Notice:
    since = scenes.START - timedelta(hours=4)
    blind = [("bluesky", scenes.START, scenes.START + timedelta(minutes=25))]
    opened = (f"CRITICAL {scene().headline}: resolved",)
    return handover.told("n1", Night(since, MORNING, opened, 1, blind), CARE)


def call() -> Notice:
    shift = Shift("kari", None, MORNING)
    return ringing.call(
        "c1", scene(), CARE, KARI, why=ON_CALL, shift=shift, before=(), at=scenes.DETECTED
    )


def messages() -> Mapping[str, tuple[str, Tell]]:
    """By the name of its file: what it is, and how it comes there."""
    grave = "Fjordwing Air: insolvency — ×11 the expected number since 23:07"
    restricted = scene(restricted=True, headline=grave)
    return {
        "opened": ("An incident is opened", incident(scene())),
        "in-hand": ("Somebody has it in hand", incident(in_hand())),
        "resolved": ("It is over", incident(scene(Reason.RESOLVED, State.RESOLVED, by="Kari"))),
        "silence": ("Nothing comes any more", incident(scenes.silence())),
        "safety": ("A word about safety", incident(safety())),
        "restricted": ("What only named people see, in their channel", incident(restricted)),
        "call": ("A call, to a person", notice(call(), "U0KARIX")),
        "reminder": (
            "Whoever has it is asked how it stands",
            notice(ringing.ask("r1", in_hand(), KARI.name, KARI, UNTOUCHED, NOW), "U0KARIX"),
        ),
        "pause": (
            "The content team is asked to pause promotions",
            notice(ringing.pause("p1", scene(), CONTENT, NOW, asked=NOW)),
        ),
        "brief": ("The agent brief", notice(agent_brief())),
        "approval": ("A message for the public is to be approved", notice(to_be_approved())),
        "clock": ("The time that a data breach leaves", notice(time_is_running(), "U0KARIX")),
        "storm": ("A storm of incidents", notice(storm())),
        "handover": ("The hand-over, to the successor", notice(given(), "U0OLAX")),
        "night": ("The night, in the morning", notice(night())),
    }


def shown(tell: Tell) -> tuple[Message, SlackDouble]:
    """The message that comes of it, and the workspace that it stands in."""
    double = SlackDouble(now=lambda: NOW, pace_s=0, zone=OSLO)
    with serving(double.app) as url:
        notifier = SlackNotifier(
            "slack",
            channel=CHANNEL,
            token=TOKEN,
            app_token=APP_TOKEN,
            base_url=f"{url}/api/",
            places=PLACES,
        )

        async def telling() -> None:
            await tell(notifier)

        asyncio.run(telling())
    [message] = [each for said in double.messages.values() for each in said]
    return message, double


def committed(name: str) -> Path:
    """The file that has a message's blocks, beside its picture."""
    return FOLDER / f"{name}.json"


def as_json(message: Message) -> str:
    """What is committed of a message."""
    said = {"text": message.now.text, "blocks": message.now.blocks}
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"

"""What becomes of what people do in Slack: a step, a window, an answer to that person alone."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from alerts.briefings.briefing import EXERCISE, Briefing
from alerts.duty.notices import APPROVE
from alerts.incidents.incident import Refused, State
from alerts.incidents.steps import Step
from alerts.notifiers import Act, NotifierError, Places, Pressed, _slack_facts, _slack_words
from alerts.notifiers import _slack_windows as windows
from alerts.notifiers._slack_asked import COMMAND, Asked
from alerts.notifiers._slack_blocks import about
from alerts.notifiers._slack_controls import LEAD, approved
from alerts.notifiers._slack_desk import Desk
from alerts.notifiers._slack_forms import WAITING, View, filled_in, showing
from alerts.notifiers._slack_home import home, on_duty
from alerts.notifiers._slack_notices import answered
from alerts.notifiers._slack_text import Block, inert, rich, run, section, sentence
from alerts.notifiers._slack_windows import lines_of, submitted
from alerts.notifiers._slack_workspace import Workspace
from alerts.words.approval import MessageState

_LONGEST_OUTCOME = 500
_SLOW_S = 10.0
_UNANSWERED = "Seawall stopped before it could take this. Look again in a minute, and press again."
_SLOW = "This takes longer than it should; Seawall is at it and says here what comes of it."
_LONG = frozenset({_slack_words.WORDS, _slack_facts.FACTS, *_slack_words.OF_MESSAGES})
"""Windows for which much is read, and looked through for what must not be said."""

_FOR_MANY = ("read",)
"""What everybody answers for themselves, so that the buttons stay."""

_HELP = (
    f"{COMMAND} status: what is open",
    f"{COMMAND} ack [INCIDENT] [MINUTES]: you are at your desk, in so many minutes",
    f"{COMMAND} brief [INCIDENT]: write what agents say",
    f"{COMMAND} oncall: who is on duty",
    f"{COMMAND} open [BRAND] WHAT: report what Seawall did not see",
)

log = structlog.get_logger(__name__)


class Answers:
    """Takes what people ask and tells each of them, and nobody else, what came of it."""

    def __init__(self, workspace: Workspace, act: Act, places: Places) -> None:
        practises = isinstance(act, Desk) and act.practises()
        self._workspace = workspace.marked(EXERCISE) if practises else workspace
        self._act, self._places = act, places

    async def take(self, one: Asked) -> None:
        """Whatever happens, the person is told: Slack was told already that it has arrived."""
        try:
            said = await self._patient(one)
        except asyncio.CancelledError:
            await self._say(one, _UNANSWERED)
            raise
        if said:
            await self._say(one, await self._named(one, said))

    async def _patient(self, one: Asked) -> str:
        working = asyncio.ensure_future(self._outcome(one))
        try:
            done, _ = await asyncio.wait([working], timeout=_SLOW_S)
            if not done:
                await self._say(one, _SLOW)
            return await working
        except asyncio.CancelledError:
            working.cancel()
            raise

    async def _outcome(self, one: Asked) -> str:
        """What to tell the person; nothing where what they see says it."""
        try:
            if one.what == "step" and one.pressed:
                if one.view:
                    return await self._taken(one, one.pressed)
                said = await self._act(one.pressed)
                return await self._shown(one, said)
            desk = self._desk()
            if one.what == "submission":
                verb, value, note = submitted(one.name, filled_in(one.submitted), desk.named)
                return await self._act(one.step(verb, one.about, value, note))
            if one.what == "command":
                return await self._command(one, desk)
            if one.what == "home":
                await self._home(one.user, desk)
                return ""
            await self._opened(one, desk)
        except Refused as refused:
            return str(refused)
        except NotifierError as problem:
            log.warning("slack does not show what was asked", problem=str(problem))
            return "Slack did not open that in time. Try again."
        except Exception as problem:  # noqa: BLE001 - whatever it is, the person is told
            verb = one.pressed.verb if one.pressed else one.name or one.what
            log.warning("a press was not taken", step=verb, problem=type(problem).__name__)
            command = self._places.command.replace("{incident}", one.about)
            return f"That did not work. Try again, or in a shell: {command}"
        return ""

    def _desk(self) -> Desk:
        if not isinstance(self._act, Desk):
            raise Refused("nothing can be looked up here; use the buttons")
        return self._act

    async def _home(self, user: str, desk: Desk) -> None:
        """Show a person what is open now, and who is on duty."""
        incidents, duties = await desk.open_incidents(user), await desk.on_duty()
        await self._workspace.home(user, home(incidents, duties))

    async def _taken(self, one: Asked, pressed: Pressed) -> str:
        """Take a step that was pressed in a window, which says what came of it."""
        try:
            said = await self._act(pressed)
        except Refused as refused:
            said = str(refused)
        try:
            view = await self._window(one, self._desk(), _without_id(one, said))
            await self._workspace.redraw(one.view, view)
        except (NotifierError, Refused) as problem:
            log.warning("slack does not show what came of a press", problem=str(problem))
            return said
        return ""

    async def _shown(self, one: Asked, said: str) -> str:
        """Show what came of a step where it was taken: a notice's buttons give way to it."""
        notice, verb = one.notice, one.pressed.verb if one.pressed else ""
        try:
            if notice and verb not in _FOR_MANY:
                return await self._settled(one, notice, said)
            if not one.channel:
                await self._home(one.user, self._desk())
        except NotifierError as problem:
            log.warning("slack does not show what came of a press", problem=str(problem))
        return said

    async def _settled(self, one: Asked, notice: Mapping[str, Any], said: str) -> str:
        """A notice after its answer, or what to tell the person where it still needs another's."""
        outcome = _without_id(one, said)  # the notice says of what
        after: list[Block] = []
        if one.pressed and one.pressed.verb == APPROVE:
            _, now = await self._desk().message(one.about, one.user)
            if now.message.state is not MessageState.APPROVED:
                return said
            after = [{"type": "actions", "elements": approved(now.message, now.offer)}]
        text, blocks = str(notice.get("text") or said), notice.get("blocks") or []
        shown = answered(blocks, sentence(outcome), after)
        await self._workspace.update(one.channel, str(notice["ts"]), text=text, blocks=shown)
        return ""

    async def _window(self, one: Asked, desk: Desk, outcome: str = "") -> View:
        if one.name == "status":
            return windows.status(await desk.open_incidents(one.user))
        if not one.about:
            raise Refused("this message is about no incident")
        if one.name in (_slack_words.WORDS, _slack_facts.FACTS):
            return await self._of_words(one, desk, outcome)
        if one.name in _slack_words.OF_MESSAGES:
            incident, message = await desk.message(one.about, one.user)
            return _slack_words.OF_MESSAGES[one.name](incident, one.channel, message)
        incident = await desk.incident(one.about, one.user)
        if one.name == "snooze":
            return windows.snooze(incident, one.channel, desk.now())
        if one.name == "merge":
            return windows.merge(incident, one.channel, await desk.open_incidents(one.user))
        if one.name == "brief":
            return await self._brief(one, desk, incident)
        if one.name == "assign":
            return windows.assign(incident, one.channel, desk.departments())
        if one.name == LEAD:
            return windows.lead(incident, one.channel, one.given)
        plainly = {"verdict": windows.verdict, "note": windows.note}
        if one.name not in plainly:
            raise Refused("this button is of an older Seawall")
        return plainly[one.name](incident, one.channel)

    async def _opened(self, one: Asked, desk: Desk) -> None:
        """Show a window. Slack does not wait for words to be read: it shows meanwhile that we do.

        Who may not see what it is about is told so before.
        """
        if one.view:
            await self._workspace.redraw(one.view, await self._window(one, desk))
        elif one.name not in _LONG:
            await self._workspace.window(one.trigger, await self._window(one, desk))
        else:
            await desk.incident(one.about.partition("/")[0], one.user)
            shown = await self._workspace.window(one.trigger, WAITING)
            try:
                view = await self._window(one, desk)
            except Refused as refused:
                view = showing("Words", [rich(section(run(sentence(str(refused)))))])
            await self._workspace.redraw(shown, view)

    async def _of_words(self, one: Asked, desk: Desk, outcome: str) -> View:
        """What could be said, or what is known, as it is chosen in the window that is open."""
        filled = one.submitted if one.what != "window" else {}
        chosen = _slack_words.chosen(filled)
        there = await desk.words(one.about.partition("/")[0], one.user, chosen)
        if one.name == _slack_words.WORDS:
            return _slack_words.words(there, one.channel, chosen, outcome)
        said = filled_in(filled)
        kind, does = said.get("kind") or one.given, said.get("does", "")
        return _slack_facts.facts(there, one.channel, kind, does, outcome)

    async def _brief(self, one: Asked, desk: Desk, incident: Briefing) -> View:
        before = await desk.instruction(incident.incident, one.user)
        readers = await desk.readers(incident.incident, one.user) if before else ""
        return windows.brief(incident, one.channel, before, readers)

    async def _command(self, one: Asked, desk: Desk) -> str:
        name, *words = one.words.split() or ["status"]
        if name == "status":
            await self._answer(one, "Open incidents", lines_of(await desk.open_incidents(one.user)))
        elif name == "oncall":
            await self._answer(one, "On duty", on_duty(await desk.on_duty()))
        elif name == "open":
            return await self._act(_reported(one, words, desk.brands()))
        elif name == "ack":
            minutes = words.pop() if words and words[-1].isdecimal() else ""
            found = await self._meant(one, desk, words)
            return await self._act(one.step(Step.ACKNOWLEDGE, found.incident, minutes))
        elif name == "brief":
            found = await self._meant(one, desk, words)
            await self._workspace.window(one.trigger, await self._brief(one, desk, found))
        else:
            return "\n".join(_HELP)
        return ""

    async def _meant(self, one: Asked, desk: Desk, words: list[str]) -> Briefing:
        """The incident that a command names; without a name the only one that it could mean."""
        if words:
            return await desk.incident(words[0], one.user)
        found = await desk.open_incidents(one.user)
        waiting = [each for each in found if each.state is State.OPEN] or list(found)
        if len(waiting) != 1:
            known = ", ".join(each.incident for each in waiting) or "none is open"
            raise Refused(f"say which incident: {known}")
        return waiting[0]

    async def _answer(self, one: Asked, text: str, blocks: list[Block]) -> None:
        await self._workspace.respond(one.reply, text, blocks)

    async def _named(self, one: Asked, said: str) -> str:
        """The same, beginning with what people call the incident instead of its id."""
        id, colon, words = said.partition(": ")
        if not colon or " " in id or not isinstance(self._act, Desk):
            return said
        known = await self._act.known(id, one.user)
        return f"{about(known)}: {words}" if known else said

    async def _say(self, one: Asked, outcome: str) -> None:
        """Tell the person alone what came of it; the message itself says it to everybody."""
        said = "\n".join(inert(line, _LONGEST_OUTCOME) for line in outcome.split("\n"))
        try:
            if one.reply:
                await self._workspace.respond(one.reply, said, None)
            else:
                await self._workspace.whisper(one.user, one.channel, said)
        except NotifierError as problem:
            log.warning("a person was not told what came of a press", problem=str(problem))


def _without_id(one: Asked, said: str) -> str:
    """What was done, where it is plain to what."""
    incident = one.about.partition("/")[0]
    return said.removeprefix(f"{one.about}: ").removeprefix(f"{incident}: ")


def _reported(one: Asked, words: list[str], brands: Sequence[str]) -> Pressed:
    """What a person reports; the brand is said first where there are several."""
    brand, *others = brands
    if words and words[0] in brands:
        brand, *words = words
    elif others:
        raise Refused(f"say of which brand first: {', '.join(brands)}")
    return one.step("open", brand, note=" ".join(words))

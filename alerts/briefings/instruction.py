"""The agent brief: what is true, what to say and what never, what may be offered, whom to ask.

People wrote it, so it is plain text: whoever shows it escapes it for where it appears.
"""

from dataclasses import dataclass, replace
from typing import Final

from pydantic import TypeAdapter

from alerts.incidents.incident import Refused
from alerts.instants import Instant
from alerts.plain_text import visible

MOST_LINES, LONGEST_LINE = 12, 300
"""Of each part: whoever answers people has to have read it."""
LABELS: Final = {
    "true": "What is true",
    "say": "Say",
    "never": "Never say",
    "offer": "May be offered",
    "ask": "Whom to ask",
}
"""The parts, in the order in which they are shown, and what they are called."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """What those who answer need to know; each part is a few lines.

    `true` are confirmed facts. `revision` counts from 1, 0 before it is published; `by` and `at`
    say who published it, when.
    """

    true: tuple[str, ...] = ()
    say: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    offer: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    revision: int = 0
    by: str = ""
    at: Instant | None = None

    @classmethod
    def written(cls, **parts: str) -> "Instruction":
        """One as a person wrote it: a text for each part, a line for each statement.

        Lines without words are left out. Raises Refused for what is too long to be read, or empty.

        >>> Instruction.written(true="Booking is down\\n\\n since 23:07", ask="IT").true
        ('Booking is down', 'since 23:07')
        """
        written = {
            part: tuple(words for line in text.splitlines() if (words := visible(line)))
            for part, text in parts.items()
        }
        for part, statements in written.items():
            if len(statements) > MOST_LINES:
                raise Refused(f"“{LABELS[part]}” has more than {MOST_LINES} lines")
            if any(len(statement) > LONGEST_LINE for statement in statements):
                raise Refused(f"“{LABELS[part]}” has a line of more than {LONGEST_LINE} letters")
        if not any(written.values()):
            raise Refused("the brief is empty")
        return replace(cls(), **written)  # type: ignore[arg-type]

    @property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """The lines of each part that has any, by its field, in the order they are shown."""
        return {part: getattr(self, part) for part in LABELS if getattr(self, part)}

    def published(self, revision: int, by: str, at: Instant) -> "Instruction":
        """The same with who published it, when."""
        return replace(self, revision=revision, by=by, at=at)

    def to_json(self) -> str:
        """As JSON."""
        return _JSON.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> "Instruction":
        """What `to_json` wrote. Raises pydantic's ValidationError for anything else."""
        return _JSON.validate_json(text)


def title(instruction: Instruction, brand_name: str) -> str:
    """What is announced: `Fjordwing Air: what to say now, by Nora`."""
    anew = "what to say now" if instruction.revision == 1 else "what to say has changed"
    return f"{brand_name}: {anew}, by {instruction.by}"


def told(before: Instruction | None, after: Instruction) -> tuple[str, ...]:
    """What is announced below: what has changed first, then all of it."""
    if before is None:
        return lines(after)
    changed = differences(before, after) or ("Nothing has changed in it",)
    return (*changed, "All of it:", *lines(after))


def lines(instruction: Instruction) -> tuple[str, ...]:
    """All of it, a line each: `Never say: the cause`."""
    parts = instruction.parts.items()
    return tuple(f"{LABELS[part]}: {line}" for part, said in parts for line in said)


def differences(before: Instruction | None, after: Instruction) -> tuple[str, ...]:
    """What has changed, a line each; all of it where there was none before.

    >>> first = Instruction(true=("Booking is down",), ask=("IT",))
    >>> differences(first, Instruction(true=("Booking works again",), ask=("IT",)))
    ('What is true, new: Booking works again', 'What is true, no longer: Booking is down')
    """
    if before is None:
        return lines(after)
    changed = []
    for part, label in LABELS.items():
        was, is_now = getattr(before, part), getattr(after, part)
        changed += [f"{label}, new: {line}" for line in is_now if line not in was]
        changed += [f"{label}, no longer: {line}" for line in was if line not in is_now]
    return tuple(changed)


_JSON: TypeAdapter[Instruction] = TypeAdapter(Instruction)

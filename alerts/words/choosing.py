"""Which phase fits now: by what the public has read, and by what is known."""

from collections.abc import Iterable, Mapping

from alerts.words.approval import Message, MessageState
from alerts.words.facts import Fact
from alerts.words.phases import REPLIES, Channel, Phase
from alerts.words.promises import NEXT_UPDATE

_ORDER = (Phase.SEEN, Phase.WORKING, Phase.UPDATE, Phase.SOLVED)
_ASIDE = (*REPLIES, Phase.CORRECTION)
_TOLD = {Phase.WORKING, Phase.UPDATE}
_GONE = (MessageState.POSTED, MessageState.SUPERSEDED, MessageState.STALE)


def fitting(
    messages: Iterable[Message], known: Mapping[str, Fact], *, resolved: bool = False
) -> tuple[Phase, str]:
    """The phase of the next message to everybody, and why that; `known` is what may be said now.

    Of what is `resolved` only its end is news.

    >>> fitting([], {})
    (<Phase.SEEN: 'seen'>, 'nothing is public yet')
    """
    every = [*messages]
    if any(one.phase is Phase.CORRECTION and one.state not in _GONE for one in every):
        return Phase.CORRECTION, "a correction waits to be posted"
    said = {one.phase for one in every if one.posted_at and one.phase not in _ASIDE}
    if Phase.SOLVED in said:
        return Phase.FOLLOW_UP, "the public knows that it is solved"
    if "working_again" in known:
        return Phase.SOLVED, "it is confirmed that it works again"
    if resolved and said:
        return Phase.SOLVED, "it is resolved, and the public does not know"
    if resolved:
        return Phase.SEEN, "it is resolved, and nothing was said"
    if said & _TOLD:
        return Phase.UPDATE, "the public knows that somebody works on it"
    if NEXT_UPDATE in known:
        return Phase.WORKING, "it is confirmed when there is more to say"
    if said:
        return Phase.WORKING, "the public knows that it is seen"
    return Phase.SEEN, "nothing is public yet"


def told(messages: Iterable[Message], channel: Channel, language: str) -> Phase:
    """How far the public knows there, in that language: less is no news to it; SEEN at least."""
    said = {
        one.phase
        for one in messages
        if one.posted_at and (one.channel, one.language) == (channel, language)
    }
    return max((one for one in _ORDER if one in said), key=_ORDER.index, default=Phase.SEEN)

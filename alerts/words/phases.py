"""When something is said, and where: the phases of a situation, and the channels of its words."""

from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    """What a message is for: the phases of a situation in their order, then replies to one person.

    `ACKNOWLEDGE` says that we have read it, `DETAILS` asks for details by direct message, `POINTER`
    answers a standard question with where to look.
    """

    SEEN = "seen"
    WORKING = "working"
    UPDATE = "update"
    SOLVED = "solved"
    CORRECTION = "correction"
    FOLLOW_UP = "follow-up"
    ACKNOWLEDGE = "acknowledge"
    DETAILS = "details"
    POINTER = "pointer"


REPLIES: Final = (Phase.ACKNOWLEDGE, Phase.DETAILS, Phase.POINTER)
"""What is said to one person, who asked."""


class Channel(StrEnum):
    """Where it is said; the last three are the brand's own, beside what is posted."""

    X = "x"
    BLUESKY = "bluesky"
    MASTODON = "mastodon"
    FACEBOOK = "facebook"
    PHONE = "phone"
    BANNER = "banner"
    PUSH = "push"

"""A post as people read it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Post:
    """One thing somebody wrote. `id` is unique on its platform; `text` is unescaped and bounded.

    `reply`: whether it answers somebody else; None where that is not known. It is not stored.
    Written by strangers: escape `text`, `author` and `url` for where they are shown.
    """

    platform: str
    id: str
    created_at: datetime
    text: str
    author: str | None = None
    lang: str | None = None
    url: str | None = None
    repost_of: str | None = None
    reply: bool | None = None

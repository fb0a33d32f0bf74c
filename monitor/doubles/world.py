"""What the doubles serve: posts of a world with a clock of its own."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.posts import Post

Written = Callable[[str, datetime, datetime], Sequence[Post]]
"""A platform's posts of [since, until), in order of (time, id)."""


@dataclass(frozen=True, slots=True)
class World:
    """Posts by platform and time; nothing after `now()` has been written yet."""

    now: Callable[[], datetime]
    written: Written

    def posts(self, platform: str, since: datetime, until: datetime) -> Sequence[Post]:
        """What has been written on a platform in [since, until) by now."""
        until = min(until, self.now())
        return self.written(platform, since, until) if since < until else []

    @classmethod
    def of(cls, posts: Sequence[Post], now: Callable[[], datetime]) -> "World":
        """A world of these posts."""
        by_platform: dict[str, list[Post]] = {}
        for post in sorted(posts, key=lambda post: (post.created_at, post.id)):
            by_platform.setdefault(post.platform, []).append(post)

        def written(platform: str, since: datetime, until: datetime) -> Sequence[Post]:
            ordered = by_platform.get(platform, [])
            first = bisect_left(ordered, since, key=lambda post: post.created_at)
            end = bisect_left(ordered, until, key=lambda post: post.created_at)
            return ordered[first:end]

        return cls(now, written)

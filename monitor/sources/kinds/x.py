"""Counts posts on X by the minute, through its API, at $0.005 a request."""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.posts import Post
from detectors import Series
from monitor.configuration import Configuration
from monitor.configuration.values import in_units, nearest, shortened
from monitor.sources.delivery import Count, Delivery, Observed
from monitor.sources.kinds import Source, SourceError, Surroundings, _x_answers, _x_query
from monitor.sources.kinds._x_http import COUNTS, SEARCH, Http, XError
from monitor.sources.kinds._x_options import REACH, Options
from monitor.sources.kinds._x_progress import Progress
from monitor.sources.kinds._x_query import Question

__all__ = ["Options", "XSource", "build", "platforms", "warnings"]

PLATFORM = "x"
MICROS_A_REQUEST = 5_000
MICROS_A_POST = 5_000

_MINUTE = timedelta(minutes=1)
_MARGIN = timedelta(minutes=5)
_PATIENCE = timedelta(minutes=15)
_MONTH = timedelta(days=30)
_LONGEST_MONTH = timedelta(days=31)
_AT_ONCE = 4
_MOST_PAGES = 20
_OWN_A_PAGE = 10
"""As few as X gives."""


def platforms(options: Options) -> Sequence[str]:  # noqa: ARG001
    """X alone."""
    return (PLATFORM,)


def build(options: Options, *, name: str, surroundings: Surroundings) -> Source:
    """Raises SourceError where X could not be asked so, and SecretMissing."""
    configuration = surroundings.configuration
    if configuration.bucket % _MINUTE:
        raise SourceError(
            f"bucket: `{in_units(configuration.bucket.total_seconds())}` is not whole minutes, and "
            "X counts by the minute; write `bucket: 1m` or more"
        )
    for topic in options.every_by_topic:
        known = ["all", *configuration.topics]
        if topic not in known:
            hint = nearest(topic, known)
            raise SourceError(f"every_by_topic.{shortened(topic)}: is no topic; {hint}")
    try:
        questions = _x_query.questions(configuration, options.queries)
    except ValueError as problem:
        raise SourceError(str(problem)) from None
    token = options.token.read()
    if not all("!" <= character <= "~" for character in token):
        raise SourceError("token: what is kept there is no bearer token; copy X's alone, whole")
    http = Http(
        base_url=options.base_url,
        token=token,
        timeout_s=options.timeout.total_seconds(),
        now=surroundings.now,
    )
    return XSource(options, questions, http, name=name, surroundings=surroundings)


def warnings(configuration: Configuration, options: Options) -> list[str]:
    """What a user should know before it runs: each with its place and a remedy."""
    found = _x_query.warnings(configuration, options.queries)
    try:
        questions = _x_query.questions(configuration, options.queries)
    except ValueError:
        return found  # an error that `build` tells
    requests = sum(_MONTH / options.cadence(question.topic) for question in questions)
    dollars = requests * MICROS_A_REQUEST / 1_000_000
    if dollars > options.spending_limit:
        by_the_minute = len(questions) * (_LONGEST_MONTH / _MINUTE) * MICROS_A_REQUEST / 1_000_000
        minutes = math.ceil(by_the_minute / options.spending_limit)
        found.append(
            f"spending_limit: counting {len(questions)} topics costs about ${dollars:,.0f} a month "
            f"and the limit is ${options.spending_limit:,.2f}; raise it, or write `every: "
            f"{minutes}m`"
        )
    return found


@dataclass(frozen=True, slots=True)
class _Counted:
    """What was asked of one series, and its minutes as they came."""

    question: Question
    asked_until: datetime
    minutes: Mapping[datetime, int]

    @property
    def until(self) -> datetime:
        """Where what came ends."""
        return max(self.minutes) + _MINUTE

    def observed(self) -> Iterator[Observed]:
        """Every run of minutes that came."""
        since = last = min(self.minutes)
        for minute in [*sorted(self.minutes)[1:], None]:
            if minute != last + _MINUTE:
                brand, topic = self.question.brand, self.question.topic
                yield Observed(brand, PLATFORM, since, last + _MINUTE, topic)
                since = minute or last
            last = minute or last


class XSource:
    """Asks for the counts of every series that is due; each request is paid for beforehand."""

    def __init__(
        self,
        options: Options,
        questions: Sequence[Question],
        http: Http,
        *,
        name: str,
        surroundings: Surroundings,
    ) -> None:
        self.name = name
        self.platforms: Sequence[str] = (PLATFORM,)
        self.every: timedelta | None = min(options.cadence(one.topic) for one in questions)
        self._options = options
        self._questions = {one.name: one for one in questions}
        self._accounts = _x_query.own_accounts(surroundings.configuration)
        self._http = http
        self._now = surroundings.now
        self._purse = surroundings.purse

    async def deliveries(self, cursor: str | None) -> AsyncGenerator[Delivery, None]:
        """One delivery of all that is due; what failed is told after it. Raises SourceError."""
        progress, now = Progress.read(cursor), self._now()
        due = self._due(progress, now)
        counted, problems = await self._ask(due)
        own = list[Post]()
        if due and not any(problem.general for problem in problems.values()):
            own, progress = await self._own(progress, now, problems)
        if counted or own:
            yield replace(self._delivery(progress, due, counted, now), own=own)
        if problems:
            raise self._told(problems)

    async def examples(
        self, series: Sequence[Series], since: datetime, until: datetime
    ) -> list[Post]:
        """The newest posts on the first of these series that X is asked for. Raises SourceError."""
        names = [f"{one.brand}/{one.topic}" for one in series if one.platform == PLATFORM]
        asked = [self._questions[name] for name in names if name in self._questions]
        since = max(since, self._now() - REACH + _MARGIN)
        until = min(until, self._now() - self._options.lateness)
        many = self._options.examples
        if not asked or not many or until - since < timedelta(seconds=1):
            return []
        if not await self._purse.pay(many * MICROS_A_POST):
            return []
        body = await self._paid(
            many * MICROS_A_POST,
            SEARCH,
            {
                "query": asked[0].query,
                "start_time": _instant(since),
                "end_time": _instant(until),
                "max_results": str(many),
                "expansions": "author_id",
                "post.fields": "created_at,lang",
                "user.fields": "username",
            },
        )
        found = _x_answers.posts(body)
        await self._purse.refund(max(0, many - found.came) * MICROS_A_POST)
        return found.posts[:many]

    async def check(self) -> str:
        """One request, for the last hour of the first series. Raises SourceError."""
        until = self._until(self._now())
        question = next(iter(self._questions.values()))
        minutes = await self._counts(question, until - timedelta(hours=1), until)
        posts = sum(minutes.values())
        plural = "" if posts == 1 else "s"
        return f"X answers: {posts:,} post{plural} on {question.name} in the last hour"

    async def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _until(self, now: datetime) -> datetime:
        """The end of the last minute that X may be asked for."""
        return (now - self._options.lateness).replace(second=0, microsecond=0)

    def _oldest(self, now: datetime) -> datetime:
        """The first minute that X still remembers, with a margin for clocks that differ."""
        return (now - REACH + _MARGIN).replace(second=0, microsecond=0)

    def _first(self, now: datetime) -> datetime:
        return max(self._oldest(now), self._until(now) - self._options.backfill)

    def _due(self, progress: Progress, now: datetime) -> dict[str, tuple[datetime, datetime]]:
        """From when to when each series that is due is asked for; a longer gap stays unseen."""
        end, due = self._until(now), {}
        for name, question in self._questions.items():
            known = progress.series.get(name)
            since = self._first(now) if known is None else max(known, self._oldest(now))
            waited = known is None or now - known >= self._options.cadence(question.topic)
            if waited and since < end:
                due[name] = since, end
        return due

    async def _ask(
        self, due: Mapping[str, tuple[datetime, datetime]]
    ) -> tuple[list[_Counted], dict[str, XError]]:
        """Ask a few at a time; after a refusal that concerns all, no more."""
        gate, problems = asyncio.Semaphore(_AT_ONCE), dict[str, XError]()

        async def one(name: str, since: datetime, until: datetime) -> _Counted | None:
            async with gate:
                if any(problem.general for problem in problems.values()):
                    return None
                question = self._questions[name]
                try:
                    return _Counted(question, until, await self._counts(question, since, until))
                except XError as problem:
                    problems[name] = problem
                    return None

        answers = await asyncio.gather(*(one(name, *span) for name, span in due.items()))
        return [answer for answer in answers if answer], problems

    async def _counts(
        self, question: Question, since: datetime, until: datetime
    ) -> Mapping[datetime, int]:
        """Posts by minute of [since, until), page by page. Raises XError."""
        minutes: dict[datetime, int] = {}
        parameters = {
            "query": question.query,
            "granularity": "minute",
            "start_time": _instant(since),
            "end_time": _instant(until),
        }
        for _ in range(_MOST_PAGES):
            if not await self._purse.pay(MICROS_A_REQUEST):
                raise self._limit_reached()
            body = await self._paid(MICROS_A_REQUEST, COUNTS, parameters)
            page = _x_answers.counts(body, since, until)
            if not page.minutes.keys() - minutes.keys():
                break
            minutes |= page.minutes
            if page.further is None:
                return minutes
            parameters = parameters | {"next_token": page.further}
        raise XError("X's answer has no end; it is asked again")

    async def _own(
        self, progress: Progress, now: datetime, problems: dict[str, XError]
    ) -> tuple[list[Post], Progress]:
        """What our own accounts posted on their timelines since, and how far that goes.

        Each is read on its own, so that what one has cost is not paid again for another's sake.
        """
        until, found, known = self._until(now), list[Post](), dict[str, datetime]()
        for name in self._accounts:
            known[name] = progress.own.get(name, until)
            since = max(known[name], self._oldest(now))
            if since >= until or any(problem.general for problem in problems.values()):
                continue
            try:
                async for one in self._timeline(name, since, until):
                    found.append(replace(one, author=name, reply=False))
                known[name] = until
            except XError as problem:
                problems[f"posts of @{name}"] = problem
        found.sort(key=lambda one: (one.created_at, one.id))
        return found, replace(progress, own=known)

    async def _timeline(self, name: str, since: datetime, until: datetime) -> AsyncIterator[Post]:
        """What an account posted in [since, until), the newest first; nothing costs nothing.

        Raises XError, after what it came to know.
        """
        parameters = {
            "query": f"from:{name} -is:reply -is:retweet",
            "start_time": _instant(since),
            "end_time": _instant(until),
            "max_results": str(_OWN_A_PAGE),
            "post.fields": "created_at,lang",
        }
        for _ in range(_MOST_PAGES):
            if not await self._purse.pay(_OWN_A_PAGE * MICROS_A_POST):
                raise self._limit_reached()
            body = await self._paid(_OWN_A_PAGE * MICROS_A_POST, SEARCH, parameters)
            page = _x_answers.posts(body)
            await self._purse.refund(max(0, _OWN_A_PAGE - page.came) * MICROS_A_POST)
            for one in page.posts:
                yield one
            if page.further is None:
                return
            parameters |= {"next_token": page.further}

    async def _paid(self, micros: int, route: str, parameters: Mapping[str, str]) -> bytes:
        """Ask what has been paid for; only what was certainly not billed is given back."""
        try:
            return await self._http.ask(route, parameters)
        except XError as problem:
            if not problem.billed:
                await self._purse.refund(micros)
            raise

    def _limit_reached(self) -> XError:
        now = self._now()
        following = (now.replace(day=1) + timedelta(days=32)).replace(day=1)
        dollars = f"{self._options.spending_limit:,.2f}".removesuffix(".00")
        return XError(
            f"the spending limit of ${dollars} for {now:%B} is reached; "
            f"raise `spending_limit`, or wait until 1 {following:%B}",
            billed=False,
            general=True,
        )

    def _delivery(
        self,
        progress: Progress,
        due: Mapping[str, object],
        counted: Sequence[_Counted],
        now: datetime,
    ) -> Delivery:
        whole = {one.question.name for one in counted if one.until == one.asked_until}
        after = progress.after(
            {one.question.name: one.until for one in counted},
            due.keys() - whole,
            now=now,
            patience={
                name: max(_PATIENCE, 3 * self._options.cadence(question.topic))
                for name, question in self._questions.items()
            },
            oldest=self._first(now),
        )
        counts = [
            Count(one.question.brand, one.question.topic, PLATFORM, at, posts)
            for one in counted
            for at, posts in one.minutes.items()
            if posts
        ]
        return Delivery(
            source=self.name,
            until=after.until or now,
            cursor=after.written(),
            counts=sorted(counts, key=lambda count: (count.at, count.brand, count.topic)),
            observed=[observed for one in counted for observed in one.observed()],
            platforms=self.platforms,
        )

    def _told(self, problems: Mapping[str, XError]) -> SourceError:
        """One error of several: the one that asks for the longest wait, and how many more."""
        name, worst = max(
            problems.items(), key=lambda each: (each[1].retry_after or 0.0, each[1].general)
        )
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        place = "" if worst.general else f"{name}{more}: "
        return SourceError(f"{place}{worst}", retry_after=worst.retry_after)


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"

"""The double of X: counts and search of the last seven days, with its limits and its prices."""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from math import ceil
from typing import Any, TypeVar

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.posts import Post
from monitor.doubles._x_search import Finds, QueryError, Read, parse
from monitor.doubles.failures import Failure, Failures, response
from monitor.doubles.world import World

COUNTS = "/2/tweets/counts/recent"
SEARCH = "/2/tweets/search/recent"
MICROS_A_REQUEST = 5_000
MICROS_A_POST = 5_000

_LIMITS = {COUNTS: 300, SEARCH: 450}
_WINDOW = timedelta(minutes=15)
_REACH = timedelta(days=7)
_TOO_FRESH = timedelta(seconds=10)
_HOUR = timedelta(hours=1)
_WIDTHS = {"minute": 60, "hour": 3600, "day": 86400}
_HOURS_KEPT = 400
_NOT_BILLED = frozenset({400, 401, 402, 403, 404, 429})
_PROBLEMS = "https://api.x.com/2/problems"

_Row = TypeVar("_Row")

_COMMON = frozenset({"query", "start_time", "end_time", "since_id", "until_id", "next_token"})
_PARAMETERS = {
    COUNTS: _COMMON | {"granularity", "pagination_token", "search_count.fields"},
    SEARCH: _COMMON
    | {"max_results", "sort_order", "expansions", "post.fields", "user.fields"}
    | {"pagination_token", "media.fields", "poll.fields", "place.fields"},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came, and how it was answered; None: as a failure was told."""

    method: str
    path: str
    parameters: Mapping[str, str]
    at: datetime
    status: int | None
    content_type: str
    body: bytes
    billed_micros: int

    @property
    def query(self) -> str:
        """What was searched for."""
        return self.parameters.get("query", "")


class _Refused(Exception):
    """A request that X does not answer: its status, and what it says instead."""

    def __init__(self, status: int, title: str, detail: str, kind: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        says = {"title": title, "detail": detail, "type": kind, "status": status, **more}
        if kind == f"{_PROBLEMS}/invalid-request":
            self.content_type = "application/problem+json"
        else:
            self.content_type = "application/json"
            says |= {"code": status, "message": detail}
        self.body = orjson.dumps(says)


def _invalid(parameter: str, value: str, message: str) -> _Refused:
    return _Refused(
        400,
        "Invalid Request",
        "One or more parameters to your request was invalid.",
        f"{_PROBLEMS}/invalid-request",
        errors=[{"parameters": {parameter: [value[:200]]}, "message": message}],
    )


class XDouble:
    """X, serving the posts of a world: `app` for a server, the rest for those who run it.

    `requests` is what was asked, `billed_micros` what it cost, in millionths of a dollar.
    `failures.told(…)` makes the next requests fail; queries that hold a text that is in `failing`
    fail for as long as it is there. `credits_micros` is what the account may still
    spend, None for any amount. `minutes_a_page` cuts long answers into pages.
    """

    def __init__(
        self,
        world: World,
        *,
        token: str,
        credits_micros: int | None = None,
        minutes_a_page: int | None = None,
    ) -> None:
        self.world = world
        self.failures = Failures()
        self.failing: dict[str, Failure] = {}
        self.requests: list[Asked] = []
        self.billed_micros = 0
        self.credits_micros = credits_micros
        self._token = token
        self._page = minutes_a_page
        self._windows: dict[str, tuple[datetime, int]] = {}
        self._parsed = lru_cache(_HOURS_KEPT)(parse)
        self._kept = lru_cache(_HOURS_KEPT)(self._written)
        self._matches = lru_cache(_HOURS_KEPT * 40)(self._matched)
        self.app = Starlette(
            routes=[
                Route(COUNTS, self._endpoint(self._counts)),
                Route(SEARCH, self._endpoint(self._search)),
            ]
        )

    def _endpoint(self, answer: "_Answer") -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            query = request.query_params.get("query", "")
            lasting = [self.failing[text] for text in list(self.failing) if text in query]
            if failure := (lasting[0] if lasting else self.failures.next()):
                return await self._failed(request, failure)
            now, limits = self.world.now(), dict[str, str]()
            try:
                self._authorise(request)
                limits, allowed = self._rate(request.url.path, now)
                if not allowed:
                    raise _Refused(429, "Too Many Requests", "Too Many Requests", "about:blank")
                said, price = answer(_Asking.of(request, now))
                self._charge(price)
                status, kind, body = 200, "application/json", orjson.dumps(said)
            except _Refused as refused:
                status, kind, body, price = refused.status, refused.content_type, refused.body, 0
            self._note(request, now, status, kind, body, price)
            return Response(body, status, limits, kind)

        return endpoint

    async def _failed(self, request: Request, failure: Failure) -> Response:
        billed = 0 if failure.status in _NOT_BILLED else _worst(request, failure)
        self.billed_micros += billed
        self._note(request, self.world.now(), None, "", failure.body, billed)
        return await response(failure)

    def _note(
        self, request: Request, at: datetime, status: int | None, kind: str, body: bytes, price: int
    ) -> None:
        parameters = dict(request.query_params)
        noted = Asked(request.method, request.url.path, parameters, at, status, kind, body, price)
        self.requests.append(noted)

    def _authorise(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self._token}":
            raise _Refused(401, "Unauthorized", "Unauthorized", "about:blank")

    def _rate(self, path: str, now: datetime) -> tuple[dict[str, str], bool]:
        """Count this request against its limit: the headers that tell, and whether it is within."""
        limit = _LIMITS[path]
        until, used = self._windows.get(path, (now, 0))
        if now >= until:
            until, used = now + _WINDOW, 0
        self._windows[path] = until, used + 1
        headers = {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(0, limit - used - 1)),
            "x-rate-limit-reset": str(ceil(until.timestamp())),
        }
        return headers, used < limit

    def _charge(self, price: int) -> None:
        if self.credits_micros is not None:
            if price > self.credits_micros:
                detail = "Your enrolled account does not have any credits to fulfill this request."
                kind = "https://api.twitter.com/2/problems/credits"
                raise _Refused(402, "CreditsDepleted", detail, kind)
            self.credits_micros -= price
        self.billed_micros += price

    def _written(self, hour: datetime) -> tuple[Read, ...]:
        return tuple(Read.of(post) for post in self.world.posts("x", hour, hour + _HOUR))

    def _matched(self, query: str, hour: datetime) -> tuple[Read, ...]:
        finds = self._parsed(query)
        return tuple(read for read in self._kept(hour) if finds(read))

    def _found(self, asking: "_Asking") -> Iterable[Read]:
        """What the query finds, oldest first; hours that are over are read once."""
        finds: Finds = self._parsed(asking.query)
        hour = asking.since.replace(minute=0, second=0, microsecond=0)
        since, until = asking.since.timestamp(), asking.until.timestamp()
        while hour < asking.until:
            if hour + _HOUR <= asking.now:
                found = self._matches(asking.query, hour)
            else:
                found = tuple(read for read in self._written(hour) if finds(read))
            yield from (read for read in found if since <= read.second < until)
            hour += _HOUR

    def _counts(self, asking: "_Asking") -> tuple[dict[str, Any], int]:
        granularity = asking.parameters.get("granularity", "hour")
        if granularity not in _WIDTHS:
            raise _invalid("granularity", granularity, "is not one of [minute,hour,day]")
        width = _WIDTHS[granularity]
        since, until = int(asking.since.timestamp()), int(asking.until.timestamp())
        edges = [since, *range(since - since % width + width, until, width), until]
        counts = [0] * (len(edges) - 1)
        first = edges[0] - edges[0] % width
        for read in self._found(asking):
            counts[int(read.second - first) // width] += 1
        rows: list[dict[str, Any]] = [
            {"start": _instant(start), "end": _instant(end), "post_count": count}
            for start, end, count in zip(edges[:-1], edges[1:], counts, strict=True)
        ]
        rows, further = self._paged(asking, rows, self._page or len(rows))
        total = sum(row["post_count"] for row in rows)
        return {"data": rows, "meta": {"total_post_count": total, **further}}, MICROS_A_REQUEST

    def _search(self, asking: "_Asking") -> tuple[dict[str, Any], int]:
        many = asking.number("max_results", 10, 10, 100)
        if asking.parameters.get("sort_order", "recency") not in ("recency", "relevancy"):
            raise _invalid("sort_order", asking.parameters["sort_order"], "is no order")
        asking.listed("expansions", {"author_id", "username", "referenced_posts"})
        fields = {"id", "text", *asking.listed("post.fields", {"id", "text", "lang", "created_at"})}
        asking.listed("user.fields", {"id", "name", "username"})
        newest = [read.post for read in self._found(asking)][::-1]
        rows, further = self._paged(asking, newest, many)
        if not rows:
            return {"meta": {"result_count": 0}}, 0
        data = [_shown(post, fields) for post in rows]
        users = {str(user["id"]): user for user in map(_user, rows)}
        meta = {"newest_id": data[0]["id"], "oldest_id": data[-1]["id"], "result_count": len(data)}
        said: dict[str, Any] = {"data": data, "meta": {**meta, **further}}
        if "author_id" in asking.parameters.get("expansions", ""):
            for row, post in zip(data, rows, strict=True):
                row["author_id"] = _user(post)["id"]
            said["includes"] = {"users": list(users.values())}
        return said, MICROS_A_POST * len(data)

    def _paged(
        self, asking: "_Asking", rows: list[_Row], many: int
    ) -> tuple[list[_Row], dict[str, str]]:
        token = asking.parameters.get("next_token", "b26v0")
        if not re.fullmatch(r"b26v[0-9]{1,9}", token):
            raise _invalid("next_token", token, "is no token of this query")
        first = int(token.removeprefix("b26v"))
        rest = {"next_token": f"b26v{first + many}"} if first + many < len(rows) else {}
        return rows[first : first + many], rest


@dataclass(frozen=True, slots=True)
class _Asking:
    """A request whose parameters are in order."""

    parameters: Mapping[str, str]
    query: str
    since: datetime
    until: datetime
    now: datetime

    @classmethod
    def of(cls, request: Request, now: datetime) -> "_Asking":
        """Read it, as X does. Raises _Refused."""
        parameters = dict(request.query_params)
        for name in sorted(set(parameters) - _PARAMETERS[request.url.path]):
            known = ",".join(sorted(_PARAMETERS[request.url.path]))
            raise _invalid(name, parameters[name], f"[{name}] is not one of [{known}]")
        query = parameters.get("query", "")
        if not query:
            raise _invalid("query", query, "query can not be empty")
        try:
            parse(query)
        except QueryError as problem:
            raise _invalid("query", query, str(problem)) from None
        since = _moment(parameters, "start_time", now - _REACH + timedelta(seconds=1))
        until = _moment(parameters, "end_time", now - timedelta(seconds=30))
        if since < now - _REACH:
            message = f"'start_time' must be on or after {now - _REACH:%Y-%m-%dT%H:%MZ}"
            raise _invalid("start_time", parameters.get("start_time", ""), message)
        if until > now - _TOO_FRESH:
            message = "'end_time' must be a minimum of 10 seconds prior to the request time"
            raise _invalid("end_time", parameters.get("end_time", ""), message)
        if since >= until:
            raise _invalid("start_time", str(since), "'start_time' must be before 'end_time'")
        return cls(parameters, query, since, until, now)

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A whole number within bounds. Raises _Refused."""
        written = self.parameters.get(name, str(default))
        if not written.isdecimal() or not lowest <= int(written) <= highest:
            raise _invalid(name, written, f"{name} is not between {lowest} and {highest}")
        return int(written)

    def listed(self, name: str, known: set[str]) -> list[str]:
        """Words between commas, each of them known. Raises _Refused."""
        words = [word for word in self.parameters.get(name, "").split(",") if word]
        for word in words:
            if word not in known:
                raise _invalid(name, word, f"[{word}] is not one of [{','.join(sorted(known))}]")
        return words


_Answer = Callable[[_Asking], tuple[dict[str, Any], int]]


def _worst(request: Request, failure: Failure) -> int:
    """Nobody knows whether X bills what it never answered well: the double takes the worst."""
    if request.url.path == COUNTS:
        return MICROS_A_REQUEST
    try:
        posts = len(orjson.loads(failure.body)["data"])
    except (ValueError, LookupError, TypeError):
        posts = int(request.query_params.get("max_results", 10))
    return MICROS_A_POST * posts


def _moment(parameters: Mapping[str, str], name: str, default: datetime) -> datetime:
    written = parameters.get(name)
    if written is None:
        return default.replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _invalid(name, written, "must be a valid RFC 3339 date-time")
    return moment.astimezone(UTC)


def _instant(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S.000Z}"


def _number(text: str) -> str:
    return text if text.isdecimal() else str(int(sha256(text.encode()).hexdigest()[:15], 16))


def _shown(post: Post, fields: set[str]) -> dict[str, Any]:
    written = {
        "id": _number(post.id),
        "text": html.escape(post.text, quote=False),
        "lang": post.lang or "und",
        "created_at": f"{post.created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
    }
    return {name: value for name, value in written.items() if name in fields}


def _user(post: Post) -> dict[str, str]:
    name = re.sub(r"\W", "", post.author or "somebody", flags=re.ASCII)[:15] or "somebody"
    return {"id": _number(post.author or "somebody"), "name": name, "username": name}

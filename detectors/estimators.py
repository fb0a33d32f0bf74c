"""River's estimators by name: how a configuration describes one, and how it is asked.

A description is plain data: a name such as `anomaly.HalfSpaceTrees` with its parameters, or a
pipeline of such steps. Only classes of river itself can be named, so that a file of settings never
imports or calls anything else. River takes a second to import, which waits for the first name.
"""

import difflib
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Collection
from contextlib import suppress
from math import isnan
from typing import Any, Final

from pydantic import JsonValue
from pydantic_core import PydanticCustomError

SILENT: Final = float("-inf")
"""The score where an estimator says nothing: none is below it."""
UNABLE: Final = (ArithmeticError, LookupError, ValueError)
"""What estimators raise that are cold, or that divide by a variance of zero."""
NAME: Final = re.compile(r"(?:([a-z][a-z_]*(?:\.[a-z][a-z_]*)*)\.)?([A-Z]\w*)", re.ASCII)

REHEARSED: Final = 30
"""Times that an estimator learns cold, and then warm, before it is relied on."""

Described = dict[str, JsonValue]


def unusable(message: str, hint: str) -> PydanticCustomError:
    """The error (a ValueError) of a description; both texts reach the reader as they are."""
    return PydanticCustomError("estimator", "{message}", {"message": message, "hint": hint})


def make(described: JsonValue, seed: int) -> Any:
    """What a description describes: an estimator of river, or any other value as it is.

    `{"estimator": name, "parameters": …}` is an estimator, `{"pipeline": [step, …]}` a pipeline,
    at any depth; parameters are a mapping by name or a list in order. Raises `unusable`.
    """
    if isinstance(described, list):
        return [make(each, seed) for each in described]
    if not isinstance(described, dict):
        return described
    if described.keys() == {"pipeline"}:
        return importlib.import_module("river.compose").Pipeline(*steps(described, seed))
    if "estimator" in described and described.keys() <= {"estimator", "parameters"}:
        return _estimator(described["estimator"], described.get("parameters"), seed)
    return {name: make(each, seed) for name, each in described.items()}


def steps(described: Described, seed: int) -> list[Any]:
    """The steps of a described estimator, one unless it is a pipeline. Raises `unusable`.

    A step of a pipeline that takes no parameters may be its name alone.
    """
    if "pipeline" not in described:
        return [make(described, seed)]
    listed = described["pipeline"]
    if not isinstance(listed, list) or not listed:
        raise unusable("has a pipeline without steps", "list them: `pipeline: [first, second]`")
    return [make({"estimator": one} if isinstance(one, str) else one, seed) for one in listed]


def _estimator(name: JsonValue, parameters: JsonValue, seed: int) -> Any:
    """One of river's classes, made; one that draws at random is given the seed."""
    kind = _named(str(name))
    given = make(parameters, seed) if parameters is not None else {}
    in_order, by_name = (given, {}) if isinstance(given, list) else ([], dict(given))
    known = inspect.signature(kind).parameters
    if "seed" in known and not in_order:
        by_name.setdefault("seed", seed)
    try:
        return kind(*in_order, **by_name)
    except Exception as error:
        reason = str(error).removeprefix(f"{kind.__name__}.__init__() ")
        hint = f"its parameters: {', '.join(f'`{one}`' for one in known) or 'none'}"
        raise unusable(f"cannot make `{name}`: {reason}", hint) from error


def _named(name: str) -> type:
    """The class of this name; one without a module is in `river.anomaly`."""
    parts = NAME.fullmatch(name)
    if not parts:
        raise unusable(f"names `{name}`", "a class of river: `anomaly.HalfSpaceTrees`")
    river, base = importlib.import_module("river"), importlib.import_module("river.base")
    where, last = parts[1] or "anomaly", parts[2]
    try:
        module = importlib.import_module(f"river.{where}")
    except ImportError as error:
        known = [found.name for found in pkgutil.iter_modules(river.__path__)]
        raise unusable(f"names `{name}`: river has no `{where}`", _near(where, known)) from error
    classes = {
        found: kind
        for found, kind in vars(module).items()
        if inspect.isclass(kind) and issubclass(kind, base.Base) and not inspect.isabstract(kind)
    }
    if last not in classes:
        hint = _near(last, classes)
        raise unusable(f"names `{name}`: river has no `{where}.{last}` to make", hint)
    return classes[last]


def _near(word: str, known: Collection[str]) -> str:
    """A hint: the known word that comes nearest, or all of them."""
    found = difflib.get_close_matches(word, known, n=1)
    return f"did you mean `{found[0]}`?" if found else "known: " + ", ".join(sorted(known))


class Estimator:
    """An estimator of either sort that scores, or a pipeline that ends in one. Raises `unusable`.

    It is told one number, `volume`; where it takes a target, then as what the steps before made of
    it. It is not asked before it has learned `cold` times: some are spoiled by being asked.

    >>> trees = Estimator({"estimator": "HalfSpaceTrees", "parameters": {"window_size": 20}}, 0, 20)
    >>> for number in range(40):
    ...     trees.learn(0.4 + number % 5 / 50)
    >>> trees.score(0.42) < trees.score(0.95)
    True
    """

    def __init__(self, described: Described, seed: int, cold: int) -> None:
        base = importlib.import_module("river.base")
        *self._before, self._last = steps(described, seed)
        self._still_cold = cold
        self._supervised = bool(getattr(self._last, "_supervised", False))
        last = type(self._last).__name__
        if not hasattr(self._last, "score_one"):
            raise unusable(f"has `{last}`, which does not score", "one of `anomaly` does")
        for step in self._before:
            if not isinstance(step, base.Transformer):
                wrong = f"has `{type(step).__name__}` before `{last}`"
                raise unusable(wrong, "all steps but the last transform features")

    @property
    def cold(self) -> bool:
        """Whether it has not learned enough for its scores to mean anything."""
        return self._still_cold > 0

    def score(self, volume: float) -> float:
        """How strange this is; `SILENT` where it is cold or cannot say."""
        if self.cold:
            return SILENT
        try:
            score = float(self._told(self._last.score_one, volume, learn=False))
        except UNABLE:
            return SILENT
        return SILENT if isnan(score) else score

    def learn(self, volume: float) -> None:
        """Take it for a normal one."""
        self._still_cold -= 1
        with suppress(*UNABLE):
            self._told(self._last.learn_one, volume, learn=True)

    def _told(self, method: Callable[..., Any], volume: float, *, learn: bool) -> Any:
        """Call the last step with what the others make of the volume."""
        features = {"volume": volume}
        for step in self._before:
            if learn:
                step.learn_one(features)
            features = step.transform_one(features)
        if not self._supervised:
            return method(features)
        others = {name: each for name, each in features.items() if name != "volume"}
        if len(others) == len(features):
            raise TypeError("the steps before leave no `volume`, which is the target")
        return method(others, features["volume"])


def rehearse(described: Described, seed: int) -> None:
    """Raise `unusable` for what can be made, and yet not be asked."""
    estimator = Estimator(described, seed, REHEARSED)
    try:
        for number in range(2 * REHEARSED):
            estimator.score(0.1 + number % 7 / 10)
            estimator.learn(0.1 + number % 7 / 10)
    except Exception as error:
        raise unusable(f"cannot be asked: {error}", "it is given `volume`, from 0 to 1") from error

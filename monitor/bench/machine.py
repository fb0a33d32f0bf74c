"""What the figures were measured on: enough to compare them, nothing that names the machine."""

import os
import platform
import sqlite3
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from monitor import __version__

LIBRARIES: Final = ("ahocorasick-rs", "numpy", "river", "sqlalchemy")
_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine and what ran on it: versions by name."""

    system: str
    processor: str
    cores: int
    versions: dict[str, str]


def machine() -> Machine:
    """This machine."""
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        processor=_processor(),
        cores=os.cpu_count() or 1,
        versions={
            "Seawall": __version__,
            "Python": platform.python_version(),
            "SQLite": sqlite3.sqlite_version,
            **{name: version(name) for name in LIBRARIES},
        },
    )


def _processor() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown processor"

"""The shape that every benchmark prints, and the machine it ran on."""

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity over repeated runs.

    values: one a run, in *unit*.
    """

    unit: str
    values: Sequence[float]

    def summary(self) -> dict[str, float | str]:
        """Return median, minimum and maximum, rounded to four significant digits."""
        return {
            "median": _rounded(statistics.median(self.values)),
            "min": _rounded(min(self.values)),
            "max": _rounded(max(self.values)),
            "unit": self.unit,
        }


@dataclass(slots=True)
class Report:
    """What a benchmark found.

    method: how each figure came about, in a few sentences.
    notes: what a reader must know of this run: a noisy machine, a limit that was hit.
    """

    method: str
    figures: dict[str, Figure] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    ok: bool = True

    def add(self, name: str, unit: str, values: Sequence[float]) -> None:
        """Record *values*, one a run, as figure *name*; an empty sequence is a failure."""
        if values:
            self.figures[name] = Figure(unit, tuple(values))
        else:
            self.ok = False
            self.notes.append(f"{name}: no run gave a value")

    def as_object(self) -> dict[str, object]:
        """Return the object that ``--json`` prints."""
        return {
            "ok": self.ok,
            "method": self.method,
            "machine": machine(),
            "figures": {name: figure.summary() for name, figure in self.figures.items()},
            "notes": self.notes,
        }

    def as_json(self) -> str:
        """Return :meth:`as_object` as indented JSON."""
        return json.dumps(self.as_object(), ensure_ascii=False, indent=2)

    def as_text(self) -> str:
        """Return a table for people."""
        rows = [self.method, ""]
        for name, figure in self.figures.items():
            low, mid, high = (
                min(figure.values),
                statistics.median(figure.values),
                max(figure.values),
            )
            rows.append(f"{name:36} {mid:>12,.4g} {figure.unit:12} ({low:,.4g} .. {high:,.4g})")
        return "\n".join([*rows, *self.notes])


def machine() -> Mapping[str, str | int]:
    """Return processor, cores, memory, kernel and interpreter of this machine."""
    return {
        "cpu": _first("/proc/cpuinfo", "model name") or platform.processor() or "unknown",
        "cores": os.cpu_count() or 0,
        "memory": _first("/proc/meminfo", "MemTotal") or "unknown",
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def _first(path: str, key: str) -> str | None:
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except OSError:
        return None
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name.strip() == key:
            return value.strip()
    return None


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")

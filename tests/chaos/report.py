"""What a run came to, as people read it."""

from collections.abc import Mapping
from typing import Any, Final

from cli.output import console, errors, print_fields, print_table, styled

WRONG: Final = ("lost", "twice", "mismatches")
PLAIN: Final = (
    "seed",
    "submissions",
    "accepted",
    "ended",
    "orders",
    "told",
    "told_again",
    *WRONG,
    "resent",
    "orphans_swept",
    "tries_repeated",
)
MOST_SHOWN: Final = 20


def is_clean(report: Mapping[str, Any]) -> bool:
    """Whether all is as it must be."""
    return report["accepted"] == report["ended"] and not any(report[charge] for charge in WRONG)


def show(report: Mapping[str, Any]) -> None:
    """The verdict first, then what was done, how fast it went on, and which guards were needed."""
    counted = {name: len(report[name]) if name in WRONG else report[name] for name in PLAIN}
    print_fields({**counted, "seconds": _in_words(report["seconds"])})
    print_fields({"refused at the door": _in_words(report["refused_at_the_door"]) or "none"})
    print_fields({"guards": _in_words(report["guards"]), "ended per second": _in_words(report["throughput"])})
    for why, times in list(report["tries_in_vain"].items())[:MOST_SHOWN]:
        console.print(f"in vain {times} times, {why}", markup=False, soft_wrap=True)
    recovery = report["recovery_seconds"]
    rows = [
        (name, times, recovery.get(name, {}).get("p50"), recovery.get(name, {}).get("max"), report["struck"].get(name))
        for name, times in sorted(report["faults"].items())
    ]
    columns = ("fault", "times", "p50 s", "max s", "requests struck")
    print_table(columns, rows, title="Faults, and how soon work went on after each", empty="No faults.")
    told = report["telling_seconds"]
    waits = [
        (name, found["n"], found["p50"], found["p99"], told[name]["p50"], told[name]["p99"])
        for name, found in report["inspection_seconds"].items()
    ]
    named = ("while", "accepted", "to review p50 s", "p99 s", "told p50 s", "p99 s")
    print_table(named, waits, title="Acceptance to review, and an event to its endpoint", empty="Nothing.")
    for charge in WRONG:
        _charge(charge, report[charge])
    if is_clean(report):
        console.print(styled("[green]Accepted is ended: nothing lost, nothing done twice.[/green]"))
    else:
        errors.print(styled("[red]Something is off.[/red]"))


def _charge(charge: str, sentences: list[str]) -> None:
    for sentence in sentences[:MOST_SHOWN]:
        console.print(f"{charge}: {sentence}", markup=False)
    if len(sentences) > MOST_SHOWN:
        console.print(f"{charge}: and {len(sentences) - MOST_SHOWN} more, which --json lists")


def _in_words(fields: Mapping[str, object]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {'–' if value is None else value}" for name, value in fields.items())

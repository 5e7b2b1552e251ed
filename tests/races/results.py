"""What a race came to: printed, and looked through for broken promises."""

from collections import Counter

from tests.races.contenders import Tally


def announce(title: str, tallies: list[Tally]) -> Counter[str]:
    """Prints what happened to all of them together, and returns it."""
    counts: Counter[str] = sum((tally.counts for tally in tallies), Counter())
    print(f"\n{title}: {len(tallies)} processes")
    for what, times in sorted(counts.items()):
        print(f"  {what:28} {times:>8,}")
    print(f"  {'conflicts (StaleRow)':28} {sum(len(tally.conflicts) for tally in tallies):>8,}")
    print(f"  {'broken promises':28} {sum(len(tally.wrong) for tally in tallies):>8,}")
    return counts


def broken(tallies: list[Tally]) -> list[str]:
    """Every broken promise, in words."""
    return [wrong for tally in tallies for wrong in tally.wrong]


def conflicts(tallies: list[Tally]) -> list[str]:
    """Every StaleRow, in its words."""
    return [conflict for tally in tallies for conflict in tally.conflicts]

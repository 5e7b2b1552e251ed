"""CreditFloor: what a player wants never to be spent (docs/domain.md, "Money")."""

import math
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditFloor:
    """So many credits, or such a share of the credits, whichever is more."""

    amount: int = 0
    share: float = 0.0
    """From 0 to under 1."""

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError(f"a floor is not negative, but this one is {self.amount}")
        if not 0 <= self.share < 1:
            raise ValueError(f"a share is from 0% to under 100%, but this one is {self.share:.0%}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A floor as people write it: ``200000``, ``200,000`` or ``10%``. ValueError for anything else."""
        written = text.strip().replace(",", "").replace("_", "")
        try:
            if written.endswith("%"):
                return cls(share=float(written.removesuffix("%")) / 100)
            return cls(amount=int(written))
        except ValueError as error:
            raise ValueError(
                f"{text!r} is no floor: it is a number of credits, such as 200000, or a share of them, such as 10%"
            ) from error

    def of(self, credits: int) -> int:
        """The floor for somebody with so many credits."""
        return max(self.amount, math.ceil(credits * self.share))

    def __str__(self) -> str:
        parts = [f"{self.amount:,}"] if self.amount or not self.share else []
        return " or ".join(parts + ([f"{self.share * 100:g}%"] if self.share else []))

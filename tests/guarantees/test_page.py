"""The page of guarantees names only tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")


def test_every_test_on_the_page_exists() -> None:
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 50
    assert sorted(named - tests) == []


def test_every_scenario_on_the_page_exists() -> None:
    named = re.findall(r"(\w+\.feature): ([^|]+?)(?= \||, \w+\.feature|, `)", PAGE)
    assert len(named) > 8
    missing = [
        f"{file}: {title}"
        for file, title in named
        if f"Scenario: {title}\n" not in (ROOT / "features" / file).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_every_database_rule_on_the_page_exists() -> None:
    tables = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "manufacturing/adapters/postgres/tables").glob("*.py")
    )
    rules = set(re.findall(r"`((?:unique|ck)_\w+)`", PAGE))
    assert rules
    assert [rule for rule in sorted(rules) if f'"{rule}"' not in tables] == []

"""The option to write the page instead of checking it."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-page", action="store_true", help="write docs/conformance.md from what happens")

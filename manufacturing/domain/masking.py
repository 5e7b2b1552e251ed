"""Keeps secrets out of what is printed, logged and stored."""

import re

_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]*@")
#: Tokens are JSON web tokens: three parts of base64.
_TOKEN = re.compile(r"\beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*")


def masked(text: str) -> str:
    """``text`` without the passwords of its URLs and without tokens."""
    return _TOKEN.sub("(token)", _PASSWORD.sub(r"\1:***@", text))


def first_line(error: object) -> str:
    """The first line of an error's message."""
    return next(iter(str(error).strip().splitlines()), "no reason given")


def in_a_line(error: BaseException) -> str:
    """An error that nobody foresaw in one line: its kind, and the first line of its message."""
    return masked(f"{type(error).__name__}: {first_line(error)}")

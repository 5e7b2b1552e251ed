"""Writes the state of a universe as JSON and reads it back, guided by the types of its dataclasses."""

import types
from collections import deque
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import orjson

T = TypeVar("T")


def encode(value: Any) -> bytes:
    """``value`` as JSON. Fields of dataclasses whose names begin with an underscore are left out."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, deque | tuple | frozenset | set):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be saved")


def decode(kind: type[T], data: Any) -> T:
    """What ``encode`` wrote, as a ``kind`` again. ``data`` is parsed JSON."""
    return cast(T, _reader(cast(Any, kind))(data))


@cache
def _reader(kind: Any) -> Any:
    """A function that turns parsed JSON into ``kind``."""
    if kind is datetime:
        return datetime.fromisoformat
    if is_dataclass(kind):
        return _dataclass_reader(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _optional_reader(arguments)
    if origin in (list, deque, frozenset) or (origin is tuple and arguments[-1] is Ellipsis):
        item = _reader(arguments[0])
        return lambda data: origin(item(each) for each in data)
    if origin is tuple:
        readers = [_reader(argument) for argument in arguments]
        return lambda data: tuple(read(each) for read, each in zip(readers, data, strict=True))
    if origin in (dict, Mapping):
        name, value = _reader(arguments[0]), _reader(arguments[1])
        return lambda data: {name(k): value(v) for k, v in data.items()}
    if kind is int:
        return int
    if kind is float:
        return float
    return lambda data: data


def _optional_reader(arguments: tuple[Any, ...]) -> Any:
    others = [argument for argument in arguments if argument is not type(None)]
    if len(others) != 1:
        raise TypeError(f"cannot tell which of {others} was saved")
    inner = _reader(others[0])
    return lambda data: None if data is None else inner(data)


def _dataclass_reader(kind: Any) -> Any:
    hints = get_type_hints(kind)
    readers = {f.name: _reader(hints[f.name]) for f in fields(kind) if f.init and f.name[0] != "_"}
    return lambda data: kind(**{name: read(data[name]) for name, read in readers.items() if name in data})

"""Rows, and the documents in them, as pydantic writes, reads and refuses them: as msgspec does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, TypedDict

import msgspec
import pytest
from pydantic import TypeAdapter, ValidationError

from amber_sql import Row


class Short(Row, frozen=True):
    """A row whose fields another one has, too."""

    id: int


class Long(Row, frozen=True):
    """The other one."""

    id: int
    name: str


def test_one_of_two_rows_is_written_as_itself() -> None:
    """A union of rows: fields that another one lacks are not lost."""
    adapter: Any = TypeAdapter(list[Short | Long])
    rows = [Long(1, "a"), Short(2)]
    assert adapter.dump_json(rows) == msgspec.json.encode(rows)
    assert adapter.validate_json(adapter.dump_json(rows)) == rows


class Paid(msgspec.Struct, tag=True):
    """One of two kinds of event."""

    amount: Decimal


class Told(msgspec.Struct, tag=True):
    """The other, which is nearly the same."""

    amount: Decimal


class Typed(TypedDict):
    """A document as a dict."""

    size: Annotated[int, msgspec.Meta(ge=0)]


@dataclass
class Made:
    """A document as a class that pydantic does not know, since a struct is in it."""

    what: Paid


class Pair(msgspec.Struct, array_like=True):
    """A document that is an array."""

    left: int
    right: list[Made]


class Event(Row, frozen=True):
    """A row with what is easily written otherwise than msgspec does."""

    what: Paid | Told
    typed: Typed | None
    pair: Pair
    took: timedelta
    note: str | msgspec.UnsetType | None = msgspec.UNSET


@pytest.mark.parametrize("took", [timedelta(0), timedelta(-3, 1), timedelta(days=999_999)])
@pytest.mark.parametrize("amount", ["1.50", "NaN", "-Infinity"])
def test_pydantic_writes_what_msgspec_does(amount: str, took: timedelta) -> None:
    """Durations without years, a tag of a union, any Decimal, and nothing that is not set."""
    event = Event(Told(Decimal(amount)), {"size": 1}, Pair(1, [Made(Paid(Decimal(2)))]), took)
    adapter = TypeAdapter(Event)
    written = adapter.dump_json(event)
    assert json.loads(written) == json.loads(msgspec.json.encode(event))
    assert repr(adapter.validate_json(written)) == repr(event)


@pytest.mark.parametrize(
    "wrong",
    [
        {"typed": {"size": -1}},
        {"pair": [1]},
        {"what": {"type": "Gone"}},
        {"pair": [1, [{"what": 5}]]},
    ],
)
def test_pydantic_refuses_what_msgspec_does(wrong: dict[str, Any]) -> None:
    """A document that its column would not take is refused at the door, and shown as what it is."""
    event = Event(Told(Decimal(1)), {"size": 1}, Pair(1, []), timedelta(1))
    adapter = TypeAdapter(Event)
    with pytest.raises(ValidationError):
        adapter.validate_python(msgspec.to_builtins(event) | wrong)
    assert adapter.json_schema()["properties"]["pair"]["prefixItems"][0] == {"type": "integer"}

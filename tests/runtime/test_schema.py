"""A schema that moved on under a running release: what still works, and what says so."""

from __future__ import annotations

import copy
import pickle
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import pytest
from runtime_world import ANEW, FACES, Face, Mood, Pair, rows, value

from amber_sql.errors import SchemaChanged
from amber_sql.runtime import Json

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ("runtime_plugin",)


@pytest.fixture(params=FACES)
def face(shared_url: str, request: pytest.FixtureRequest) -> Iterator[Face]:
    """Give each face of the runtime, on a database with SCHEMA."""
    opened = Face(request.param, shared_url, **ONE_CONNECTION.get(request.param, {}))
    opened.script(ANEW)
    yield opened
    opened.close()


ONE_CONNECTION = {kind: {"min_size": 1, "max_size": 1} for kind in ("pool", "async_pool")}

PAIR = value("SELECT ('a', 1)::pair", Pair)
PAIRS = value("SELECT ARRAY[('a', 1)::pair, ('b', 2)::pair]", list[Pair])


class Item(msgspec.Struct, frozen=True, gc=False):
    """A table's row as a composite."""

    id: int
    label: str | None
    __pg_types__: ClassVar[tuple[str, ...]] = ("int4", "text")


ITEM = value("SELECT i FROM item AS i", Item)
STAR = rows("SELECT * FROM item", Item)


MOOD = value("SELECT $1::mood", Mood, "enum")


def test_an_unknown_label_decodes_to_its_text(face: Face) -> None:
    """It is a member that no release has heard of."""
    assert face.one(MOOD, "SAD") is Mood.SAD
    unknown = face.one(MOOD, 'ÜBER "x", \\y')
    assert isinstance(unknown, Mood)
    assert unknown == 'ÜBER "x", \\y'


def test_a_new_label_decodes_to_its_text(face: Face) -> None:
    """On a connection that knew the type without it; it can be sent back, alone and in an array."""
    assert face.one(MOOD, "SAD") is Mood.SAD
    face.script("ALTER TYPE mood ADD VALUE 'NEW'")
    for _ in range(2):
        new = face.one(MOOD, "NEW")
        assert (type(new), new, new.value, new.name) == (Mood, "NEW", "NEW", "NEW")
    assert face.one(MOOD, new) == new
    moods = value("SELECT $1::mood[]", list[Mood], "enum[]")
    assert face.one(moods, [new, Mood.SAD]) == ["NEW", "SAD"]


def test_an_unknown_label_equals_its_text() -> None:
    """And hashes as it; it is none of the members that are known."""
    new = Mood.from_label("NEW")
    assert new == Mood.from_label("NEW")
    assert {new: 1}[Mood.from_label("NEW")] == {"NEW": 1}[new] == 1
    assert new not in list(Mood)
    assert new != Mood.SAD


def test_an_unknown_label_is_copied_and_written_like_a_member() -> None:
    """Pickling, copying, formatting and JSON go by the text; a known one stays itself."""
    new = Mood.from_label("NEW")
    assert [pickle.loads(pickle.dumps(each)) for each in (new, Mood.SAD)] == [new, Mood.SAD]  # noqa: S301
    assert pickle.loads(pickle.dumps(Mood.SAD)) is Mood.SAD  # noqa: S301
    assert copy.deepcopy(new) == new
    assert f"{new}" == "NEW"
    assert msgspec.json.encode([new, Mood.SAD]) == b'["NEW","SAD"]'


def test_a_label_that_code_misspells_is_an_error() -> None:
    """Only what comes from the database may be unknown."""
    with pytest.raises(ValueError, match="NEW"):
        Mood("NEW")


def test_a_composite_that_gained_a_field_still_decodes(face: Face) -> None:
    """The fields that were generated are taken, what was appended is ignored."""
    assert (face.one(PAIR), face.one(PAIRS)) == (Pair("a", 1), [Pair("a", 1), Pair("b", 2)])
    face.script("ALTER TYPE pair ADD ATTRIBUTE more timestamptz")
    appended = value("SELECT ('a', 1, now())::pair", Pair)
    assert face.one(appended) == Pair("a", 1)
    many = value("SELECT ARRAY[('a', 1, now())::pair, ('b', 2, NULL)::pair]", list[Pair])
    assert face.one(many) == [Pair("a", 1), Pair("b", 2)]


def test_a_table_that_gained_a_column_still_decodes(face: Face) -> None:
    """The same prepared statement goes on, for whole-row references and for SELECT *."""
    face.script("CREATE TABLE item (id int, label text); INSERT INTO item VALUES (1, 'a')")
    assert face.one(ITEM) == face.one(STAR) == Item(1, "a")
    face.script("ALTER TABLE item ADD COLUMN price numeric DEFAULT 5")
    for _ in range(2):
        assert face.one(ITEM) == face.one(STAR) == Item(1, "a")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("DROP COLUMN label", "Item has 2 fields and the database 1"),
        ("ALTER COLUMN label TYPE int USING 5", r"Item\.label was text and is int4"),
        ("ALTER COLUMN id TYPE bigint", r"Item\.id was int4 and is int8"),
        ("ALTER COLUMN label TYPE text[] USING '{}'", r"Item\.label was text and is text\[\]"),
    ],
)
def test_a_composite_that_differs_is_refused(face: Face, change: str, complaint: str) -> None:
    """Instead of decoding nonsense, with the query, the field and both types."""
    face.script("CREATE TABLE item (id int, label text); INSERT INTO item VALUES (1, 'a')")
    assert face.one(ITEM) == Item(1, "a")
    face.script(f"ALTER TABLE item {change}")
    for _ in range(2):
        with pytest.raises(SchemaChanged, match=f"a.query was generated for .*{complaint}"):
            face.one(ITEM)


def test_rows_that_differ_are_refused(face: Face) -> None:
    """Fewer columns, or a column whose type the annotation cannot hold."""
    face.script("CREATE TABLE item (id int, label text); INSERT INTO item VALUES (1, 'a')")
    assert face.many(STAR) == [Item(1, "a")]
    face.script("ALTER TABLE item ALTER COLUMN label TYPE bytea USING 'x'")
    with pytest.raises(SchemaChanged, match="column label: str cannot hold the type bytea"):
        face.many(STAR)
    face.script("ALTER TABLE item DROP COLUMN label")
    with pytest.raises(SchemaChanged, match="2 columns were expected and 1 came"):
        face.many(STAR)


def test_a_wider_integer_is_still_an_integer(face: Face) -> None:
    """A key that outgrew int4 breaks neither a column's reader nor a parameter."""
    face.script("CREATE TABLE item (id int, label text); INSERT INTO item VALUES (1, 'a')")
    by_id = rows("SELECT * FROM item WHERE id = $1", Item, ("int4",))
    assert face.one(by_id, 1) == Item(1, "a")
    face.script("ALTER TABLE item ALTER COLUMN id TYPE bigint")
    assert face.one(by_id, 1) == Item(1, "a")


@pytest.mark.parametrize(
    ("sql", "scalar", "complaint"),
    [
        ("SELECT 'a'::text", int, "int cannot hold the type text"),
        ("SELECT 1", str, "str cannot hold the type int4"),
        ("SELECT 1", list[int], "list cannot hold the type int4"),
        ("SELECT 1", Mood, "Mood cannot hold the type int4"),
        ("SELECT 1", Pair, "Pair cannot hold the type int4"),
        ("SELECT 'HAPPY'::mood", StrEnum, "StrEnum cannot hold the type of this database"),
        ("SELECT '{a}'::text[]", list[int], r"int cannot hold the type text"),
        ("SELECT '(1,2)'::point", str, "str cannot hold the type point"),
        ("SELECT '{}'::jsonb", int, "int cannot hold the type jsonb"),
    ],
)
def test_a_value_of_another_type_is_refused(
    face: Face, sql: str, scalar: Any, complaint: str
) -> None:
    """Nothing is decoded as something else, and no value is in the message."""
    with pytest.raises(SchemaChanged, match=complaint) as caught:
        face.one(value(sql, scalar))
    assert "secret" not in str(caught.value)


def test_discard_all_is_survived(face: Face) -> None:
    """Somebody ran DISCARD ALL or DEALLOCATE ALL: the statement is prepared once more."""
    for command in ("DISCARD ALL", "DEALLOCATE ALL"):
        for _ in range(2):
            assert face.one(PAIR) == Pair("a", 1)
            face.script(command)


def test_any_json_is_json(face: Face) -> None:
    """A column of JSON has no shape that could change."""
    assert face.one(value("SELECT to_jsonb(ARRAY[1, 2])", Json)) == [1, 2]

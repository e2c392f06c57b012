"""`@type module.Struct`, in a column's comment or in a query: JSON that is a class, both ways."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import pytest
from test_hostile_text import imported
from together import built

from amber_sql import skip_unreadable
from amber_sql.errors import ParameterRefused, UnfitJson

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

SCHEMA = """
CREATE DOMAIN details AS jsonb;
CREATE TABLE people (
    id int PRIMARY KEY, contact jsonb NOT NULL, spare details, old json, several jsonb[], free jsonb
);
COMMENT ON COLUMN people.contact IS 'How to reach them.\n@type contacts_kept.Contact';
COMMENT ON COLUMN people.spare IS '@type contacts_kept.Contact';
COMMENT ON COLUMN people.old IS '@type contacts_kept.Shape';
COMMENT ON COLUMN people.several IS '@type contacts_kept.Phone';
CREATE VIEW reachable AS SELECT id, contact FROM people;
"""
MODULE = """
from dataclasses import dataclass
from typing import TypedDict
import msgspec

class Contact(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    phone: str
    home_town: str | None = None

class Circle(msgspec.Struct, tag=True):
    radius: float

class Square(msgspec.Struct, tag=True):
    side: float

Shape = Circle | Square

@dataclass
class Phone:
    number: str

class Loose(TypedDict):
    a: int

def function(): ...
"""
QUERIES = """
-- name: add(id, contact)!
-- D.
INSERT INTO people (id, contact) VALUES (:id, :contact);
-- name: many(id, contact, spare)*!
-- D.
INSERT INTO people (id, contact, spare) VALUES (:id, :contact, :spare);
-- name: copied(id, contact, old)*!
-- D.
-- @copy
INSERT INTO people (id, contact, old) VALUES (:id, :contact, :old);
-- name: upsert(id, contact)!
-- D.
INSERT INTO people AS p (id, contact) VALUES (:id, '{}')
ON CONFLICT (id) DO UPDATE SET contact = :contact;
-- name: patch(id, contact)!
-- D.
UPDATE people SET contact = coalesce(:contact, contact) WHERE id = :id;
-- name: chosen(id, contact)!
-- D.
UPDATE people SET contact = CASE WHEN id > 0 THEN :contact ELSE contact END WHERE id = :id;
-- name: merged(id, contact)!
-- D.
MERGE INTO people AS p USING (VALUES (:id::int, :contact::jsonb)) AS v (id, contact) ON p.id = v.id
WHEN MATCHED THEN UPDATE SET contact = v.contact
WHEN NOT MATCHED THEN INSERT (id, contact) VALUES (v.id, v.contact);
-- name: arrays(ids, contacts)!
-- D.
INSERT INTO people (id, contact)
SELECT u.id, u.contact FROM unnest(:ids::int[], :contacts::jsonb[]) AS u (id, contact);
-- name: through_view(id, contact)!
-- D.
INSERT INTO reachable (id, contact) VALUES (:id, :contact);
-- name: domain(id, spare)!
-- D.
INSERT INTO people (id, contact, spare) VALUES (:id, '{"phone": "1"}', :spare);
-- name: union(id, old)!
-- D.
INSERT INTO people (id, contact, old) VALUES (:id, '{"phone": "1"}', :old);
-- name: several(id, several)!
-- D.
INSERT INTO people (id, contact, several) VALUES (:id, '{"phone": "1"}', :several);
-- name: tagged(id, free)$
-- D.
-- @type free contacts_kept.Loose
INSERT INTO people (id, contact, free) VALUES (:id, '{"phone": "1"}', :free) RETURNING free;
-- name: contacts()
-- D.
SELECT id, contact FROM people ORDER BY id LIMIT 100;
-- name: bare()
-- D.
SELECT contact FROM reachable ORDER BY id LIMIT 100;
-- name: everything()
-- D.
-- @returns Person
SELECT id, contact, spare, old, several, free FROM people ORDER BY id LIMIT 100;
-- name: whole()
-- D.
SELECT p AS person FROM people AS p ORDER BY id LIMIT 100;
"""


@pytest.fixture
def package(blank: psycopg.Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Generate the queries, and give their module, the rows' and the project's own."""
    blank.execute(SCHEMA)
    (tmp_path / "contacts_kept.py").write_text(MODULE)
    build = built(blank, tmp_path, {"q.sql": QUERIES})
    assert build.errors == ()
    models = imported(build, tmp_path, monkeypatch, "models")
    monkeypatch.delitem(sys.modules, "contacts_kept", raising=False)
    kept = importlib.import_module("contacts_kept")
    for known in [known for known in sys.modules if known.startswith("hostile_package")]:
        monkeypatch.delitem(sys.modules, known)
    models = importlib.import_module("hostile_package.models")
    return importlib.import_module("hostile_package.queries.q"), models, kept


WAYS = ("add", "many", "copied", "upsert", "patch", "chosen", "merged", "arrays", "through_view")


def put(way: str, conn: Any, package: Any, contact: Any) -> None:
    """Write a contact in one of the ways."""
    queries, models, kept = package
    if way in ("upsert", "patch", "chosen"):
        queries.add(conn, id=1, contact=kept.Contact("before"))
    if way == "many":
        queries.many(conn, [models.QManyParams(1, contact, None)])
    elif way == "copied":
        queries.copied(conn, [models.QCopiedParams(1, contact, None)])
    elif way == "arrays":
        queries.arrays(conn, ids=[1], contacts=[contact])
    else:
        getattr(queries, way)(conn, id=1, contact=contact)


@pytest.mark.parametrize("way", WAYS)
def test_a_parameter_takes_its_columns_struct(
    blank: psycopg.Connection[Any], package: Any, way: str
) -> None:
    """What goes to such a column is written as msgspec writes it, and read as the same."""
    queries, _, kept = package
    put(way, blank, package, kept.Contact("5", home_town="Köln"))
    assert queries.bare(blank) == [kept.Contact("5", home_town="Köln")]
    (stored,) = blank.execute("SELECT contact::text FROM people").fetchone() or ()
    assert stored == '{"phone": "5", "homeTown": "Köln"}'


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wrong", [{"phone": 5}, {"phone": "5", "more": 1}, "text", 5])
def test_what_does_not_fit_is_refused_before_it_is_sent(
    blank: psycopg.Connection[Any], package: Any, way: str, wrong: Any
) -> None:
    """Every way of writing names the parameter and the place, and nothing is stored."""
    queries, _, kept = package
    with pytest.raises(ParameterRefused, match=r"contacts? \(jsonb.* does not fit Contact at \$"):
        put(way, blank, package, wrong)
    assert queries.bare(blank) in ([], [kept.Contact("before")])


def test_a_struct_that_lies_is_refused(blank: psycopg.Connection[Any], package: Any) -> None:
    """Msgspec makes a struct of anything; its JSON is what has to fit."""
    queries, _, kept = package
    with pytest.raises(ParameterRefused, match=r"at \$.phone: expected `str`, got `int`"):
        queries.add(blank, id=1, contact=kept.Contact(phone=5))


def test_other_places_and_other_kinds_of_class(
    blank: psycopg.Connection[Any], package: Any
) -> None:
    """Domains, json, a union, arrays of a dataclass, and a TypedDict that a query names."""
    queries, models, kept = package
    queries.domain(blank, id=1, spare=kept.Contact("5"))
    queries.union(blank, id=2, old=kept.Square(2.0))
    queries.several(blank, id=3, several=[kept.Phone("1"), kept.Phone("2")])
    assert queries.tagged(blank, id=4, free={"a": 1}) == {"a": 1}
    first, plain, two = kept.Contact("5"), kept.Contact("1"), [kept.Phone("1"), kept.Phone("2")]
    assert queries.everything(blank) == [
        models.Person(1, plain, first, None, None, None),
        models.Person(2, plain, None, kept.Square(2.0), None, None),
        models.Person(3, plain, None, None, two, None),
        models.Person(4, plain, None, None, None, {"a": 1}),
    ]
    assert queries.whole(blank) == queries.everything(blank)
    with pytest.raises(ParameterRefused, match=r"parameter free .* does not fit Loose at \$\.a"):
        queries.tagged(blank, id=5, free={"a": "1"})


def test_an_older_value_names_its_place(blank: psycopg.Connection[Any], package: Any) -> None:
    """An error of its own, which holds query, column, row and path, and not the value."""
    queries, _, _ = package
    blank.execute("""INSERT INTO people VALUES (1, '{"phone": "1"}'), (2, '{"phone": 4711}')""")
    for query in (queries.contacts, queries.bare, queries.whole):
        with pytest.raises(UnfitJson, match=r"does not fit Contact at \$\.phone") as caught:
            query(blank)
        assert (caught.value.row, caught.value.path) == (2, "$.phone")
        assert "4711" not in str(caught.value)


def test_the_other_rows_can_be_read(blank: psycopg.Connection[Any], package: Any) -> None:
    """On request a list leaves out what no longer fits, and says what that was."""
    queries, _, kept = package
    blank.execute("""
        INSERT INTO people
        SELECT n, CASE WHEN n % 100 = 7 THEN '{}' ELSE '{"phone": "1"}' END::jsonb
        FROM generate_series(1, 350) AS n
    """)
    with skip_unreadable() as left_out:
        assert queries.bare(blank) == [kept.Contact("1")] * 99
    assert [(type(one), one.row) for one in left_out] == [(UnfitJson, 7)]
    with pytest.raises(UnfitJson):
        queries.bare(blank)


WRONG = {
    "a misspelt module": ("-- @type contact contacts.Contact", "there is no module contacts"),
    "a misspelt class": ("-- @type contact contacts_kept.Contacts", "has no Contacts"),
    "a function": ("-- @type contact contacts_kept.function", "is a function"),
    "no such column": ("-- @type contakt contacts_kept.Contact", "no such column or parameter"),
    "no path": ("-- @type contact Contact", "@type is written differently"),
    "a keyword": ("-- @type contact contacts_kept.class", "names no class"),
    "@typ": ("-- @typ contact contacts_kept.Contact", "unknown tag @typ"),
    "mid-line": ("-- See @type contact contacts_kept.Contact", "stands within a line"),
    "twice": (
        "-- @type contact contacts_kept.Contact\n-- @type contact contacts_kept.Phone",
        "a second @type contact",
    ),
}


@pytest.mark.parametrize(("tag", "message"), WRONG.values(), ids=WRONG)
def test_a_tag_that_says_nothing_is_an_error(
    blank: psycopg.Connection[Any], tmp_path: Path, tag: str, message: str
) -> None:
    """It names file and line, and what to write."""
    blank.execute(SCHEMA)
    (tmp_path / "contacts_kept.py").write_text(MODULE)
    text = f"-- name: q()\n-- D.\n{tag}\nSELECT id, contact FROM people LIMIT 1;\n"
    (error,) = built(blank, tmp_path, {"q.sql": text}).errors
    assert message in error.message
    assert error.line in (3, 4)
    assert error.hint


def test_a_parameter_of_two_structs_is_an_error(
    blank: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """A parameter that goes to columns of different classes is neither of them."""
    blank.execute(SCHEMA)
    (tmp_path / "contacts_kept.py").write_text(MODULE)
    text = "-- name: q(id, c)!\n-- D.\nINSERT INTO people (id, contact, old) VALUES (:id, :c::jsonb, :c::jsonb);\n"
    (error,) = built(blank, tmp_path, {"q.sql": text}).errors
    assert "goes to columns of contacts_kept.Contact and contacts_kept.Shape" in error.message

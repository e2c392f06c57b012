"""The catalogue: what is told of a stranger's tables, whatever search_path a connection has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from strange_schema import SCHEMA

from amber_sql.studio.catalogue.read import read_catalogue

if TYPE_CHECKING:
    import psycopg

    from amber_sql.studio.catalogue.model import Catalogue, Table


@pytest.fixture
def strange(scratch: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Connect to a database that has the stranger's schema."""
    scratch.execute(SCHEMA + "CREATE TABLE _yoyo_log (id int)")
    return scratch


@pytest.fixture
def catalogue(strange: psycopg.Connection[Any]) -> Catalogue:
    """Read the stranger's database."""
    return read_catalogue(strange)


def _table(catalogue: Catalogue, label: str) -> Table:
    found = catalogue.table(label)
    assert found is not None, [table.label for table in catalogue.tables]
    return found


def test_tables_stand_in_order_without_partitions_and_bookkeeping(catalogue: Catalogue) -> None:
    """What a schema's author made, and no more."""
    assert [table.label for table in catalogue.tables] == [
        "alone",
        "counted",
        "elsewhere.people",
        "events",
        "happy",
        "People",
        "people",
        "shop.bills",
        "shop.lines",
        "shop.orders",
        "we|ird `name`\n<script>alert(1)</script>",
    ]


def test_no_two_tables_have_one_label(strange: psycopg.Connection[Any]) -> None:
    """A dot within a name, and a table that another schema of the path hides."""
    strange.execute("""
        CREATE TABLE "elsewhere.people" (id int); CREATE TABLE elsewhere.alone (id int);
        SET search_path = public, elsewhere
    """)
    labels = [table.label for table in read_catalogue(strange).tables]
    assert len({*labels}) == len(labels)
    assert {'"elsewhere.people"', "elsewhere.people", "alone", "elsewhere.alone"} <= {*labels}


def test_a_column_is_told_as_sql_states_it(catalogue: Catalogue) -> None:
    """Type with its length, identity, default, generated expression, enum and secret."""
    columns = {column.name: column for column in _table(catalogue, "people").columns}
    assert (columns["id"].identity, columns["id"].nullable) == ("ALWAYS", False)
    assert columns["name"].type == "character varying(40)"
    assert (columns["moods"].type, columns["moods"].enum) == ("mood[]", "mood")
    assert (columns["feeling"].enum, columns["shout"].generated) == ("mood", "upper((name)::text)")
    assert (columns["token"].secret, columns["token"].comment) == (True, "What they log in by.")


def test_foreign_keys_say_how_many_refer(catalogue: Catalogue) -> None:
    """To itself, of several columns, deferrable, optional, one a row."""
    [boss] = _table(catalogue, "people").foreign_keys
    [line] = _table(catalogue, "shop.lines").foreign_keys
    [bill] = _table(catalogue, "shop.bills").foreign_keys
    assert (boss.target, boss.optional, boss.single) == ("people", True, False)
    assert (line.columns, line.target_columns) == (("tenant", "order"), ("tenant", "number"))
    assert (line.optional, line.single, bill.optional, bill.single) == (False, False, True, True)


def test_what_hangs_on_a_table_is_told(catalogue: Catalogue) -> None:
    """Constraints, policies, triggers, partitions, a view's query; tags are no comment."""
    people, events = _table(catalogue, "people"), _table(catalogue, "events")
    assert (people.comment, people.row_security) == ("Who is known.", True)
    assert [p.sql for p in people.policies] == [
        "PERMISSIVE FOR SELECT TO PUBLIC USING (((name)::text = CURRENT_USER))"
    ]
    assert [trigger.name for trigger in people.triggers] == ["note"]
    assert (events.partitioned_by, events.partitions) == ("RANGE (at)", 2)
    assert _table(catalogue, "happy").definition.startswith("SELECT id,")


def test_enums_keep_the_servers_order(catalogue: Catalogue) -> None:
    """With the schema where the path does not find them."""
    assert {enum.label: enum.labels for enum in catalogue.enums} == {
        "mood": ("happy", "sad"),
        "shop.status": ("open", "paid", "<script>alert(1)</script>"),
    }


def test_a_strangers_functions_stand_in_nobodys_way(strange: psycopg.Connection[Any]) -> None:
    """Operators and functions in the path's first schema are not called while reading."""
    before = read_catalogue(strange)
    strange.execute("""
        CREATE FUNCTION elsewhere.eq(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT 1 / 0 = 0';
        CREATE OPERATOR elsewhere.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = elsewhere.eq);
        CREATE FUNCTION elsewhere.format_type(oid, int) RETURNS text LANGUAGE sql AS 'SELECT ''no''';
        SET search_path = elsewhere, pg_catalog, public, shop
    """)
    after = read_catalogue(strange)
    assert [len(table.foreign_keys) for table in after.tables] != []
    assert sum(len(table.foreign_keys) for table in after.tables) == sum(
        len(table.foreign_keys) for table in before.tables
    )
    moods = next(c for c in _table(after, "people").columns if c.name in {"moods", "Person"})
    assert moods.type in {"mood[]", "bigint"}

"""Tables and rows as pages: every type, every name, keys and places in them, nothing secret."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amber_sql.studio import links
from amber_sql.studio.csv_text import csv_text

if TYPE_CHECKING:
    import psycopg
    from studio_world import Running

WORLD = """
CREATE TYPE mood AS ENUM ('happy', 'sad', '<b>cross</b>');
CREATE DOMAIN small AS int CHECK (VALUE < 100);
CREATE TYPE pair AS (a int, b text);
CREATE TABLE parent (id int PRIMARY KEY, code text UNIQUE NOT NULL);
CREATE TABLE every_type (
    id bigint PRIMARY KEY, c_bool bool, c_int2 int2, c_num numeric(20, 4), c_f4 float4, c_f8 float8, c_text text,
    c_vc varchar(9), c_ch char(4), c_qc "char", c_name name, c_bytea bytea, c_date date, c_time time, c_timetz timetz,
    c_ts timestamp, c_tstz timestamptz, c_iv interval, c_json json, c_jsonb jsonb, c_uuid uuid, c_inet inet, c_cidr cidr,
    c_mac macaddr, c_bit bit(3), c_vb varbit, c_point point, c_box box, c_tsv tsvector, c_mood mood,
    c_small small, c_pair pair, c_ints int[], c_moods mood[], c_r4 int4range, c_mr int4multirange, c_money money,
    c_oid oid, c_lsn pg_lsn, c_jp jsonpath, c_tid tid, c_reg regclass
);
INSERT INTO every_type VALUES (
    1, true, -3, 1.5, 'NaN', '-Infinity', E'a\\tb', 'vc', 'ch', 'q', 'nm', '\\xdeadbeef', '0044-03-15 BC', '24:00',
    '12:00+02', '-infinity', 'infinity', '1 mon -3 days', '{"a":  1}', '{"b": [1]}', gen_random_uuid(), '10.0.0.1/8', '10.0.0.0/8',
    '08:00:2b:01:02:03', '101', '1', '(1,2)', '((0,0),(1,1))', 'fat cat', '<b>cross</b>', 7, (1, 'x,y'), '{1,NULL}',
    '{happy,sad}', '[1,5)', '{[1,2),[4,5)}', 12, 5, '0/16', '$.a', '(1,2)', 'every_type'
); INSERT INTO every_type (id) VALUES (2);
CREATE TABLE events (id int PRIMARY KEY, at timestamptz NOT NULL, size int, note text);
CREATE INDEX ON events (at); CREATE INDEX ON events (size);
INSERT INTO events SELECT g, '2026-01-01'::timestamptz + g * interval '1 hour', CASE WHEN g % 3 > 0 THEN g % 7 END, 'n' || g
FROM generate_series(1, 130) AS g;
CREATE TABLE heap (word text); INSERT INTO heap SELECT 'w' || g FROM generate_series(1, 70) AS g;
CREATE TABLE parts (id int, day date, PRIMARY KEY (day, id)) PARTITION BY RANGE (day);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO parts SELECT g, '2026-02-01'::date + g FROM generate_series(1, 30) AS g;
INSERT INTO parent VALUES (1, 'a/b'), (2, '');
CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, code text REFERENCES parent (code));
INSERT INTO child SELECT g, 1, 'a/b' FROM generate_series(1, 120) AS g; INSERT INTO child VALUES (500, 2, '');
CREATE TABLE vault (id int PRIMARY KEY, owner text, pin text NOT NULL, loud text GENERATED ALWAYS AS (upper(pin)) STORED);
COMMENT ON COLUMN vault.pin IS E'What opens it.\\n@secret';
INSERT INTO vault VALUES (1, 'ann', 'hunter-one'), (2, 'bob', 'hunter-two');
CREATE VIEW vault_all AS SELECT id, pin AS innocent, owner FROM vault;
CREATE VIEW vault_twice AS SELECT innocent AS again FROM vault_all;
CREATE VIEW vault_shown AS SELECT id, left(pin, 9) || '!' AS said FROM vault;
CREATE VIEW vault_row AS SELECT id, vault::text AS said FROM vault;
CREATE VIEW roles AS SELECT rolname, 'hunter-' || rolpassword AS said FROM pg_authid;
CREATE MATERIALIZED VIEW vault_kept AS SELECT pin AS k FROM vault;
CREATE TABLE safe (pin text PRIMARY KEY, note text);
COMMENT ON COLUMN safe.pin IS '@secret';
INSERT INTO safe VALUES ('hunter-key', 'kept');
CREATE TABLE opens (id int PRIMARY KEY, pin text REFERENCES safe); COMMENT ON COLUMN opens.pin IS '@secret';
INSERT INTO opens VALUES (1, 'hunter-key');
CREATE TABLE huge (id int PRIMARY KEY, body text, raw bytea);
INSERT INTO huge VALUES (1, repeat('abcdefghij', 1000), NULL), (2, (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 70000) AS g), '\\x00');
CREATE SCHEMA "other/one";
CREATE TABLE "other/one"."a.b ""c"" ~2F %41 é<script>" ("k""1" text, "k,2" text, "<i>x</i>" text, "100%" int, PRIMARY KEY ("k""1", "k,2"));
COMMENT ON TABLE "other/one"."a.b ""c"" ~2F %41 é<script>" IS '<script>alert(1)</script>';
INSERT INTO "other/one"."a.b ""c"" ~2F %41 é<script>" VALUES ('a/b', 'c,d', '<img src=x onerror=alert(1)>', 1), ('', '..', 'x', 2), ('a', 'b,c', 'y', 3), ('a,b', 'c', 'z', 4);
CREATE FUNCTION writes() RETURNS int LANGUAGE sql AS $$ INSERT INTO heap VALUES ('written') RETURNING 1 $$;
CREATE SEQUENCE seq;
CREATE FUNCTION counts() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('seq') $$;
CREATE FUNCTION frees() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    PERFORM set_config('transaction_read_only', 'off', true); INSERT INTO heap VALUES ('freed'); RETURN 1; END $$;
CREATE VIEW locking AS SELECT pg_try_advisory_lock(4711) AS taken;
CREATE TABLE formulas ("=name" text, size int);
INSERT INTO formulas VALUES ('=1+1', -1), ('@SUM(1)', -2), ('plain', -3);
CREATE VIEW sneaky AS SELECT writes() AS w;
CREATE VIEW counting AS SELECT counts() AS w;
CREATE VIEW freeing AS SELECT frees() AS w;
CREATE VIEW sleepy AS SELECT pg_sleep(30)::text AS w;
ANALYZE;
"""


def json_of(browser: httpx.Client, address: str) -> dict[str, Any]:
    """Return a page's twin."""
    answer = browser.get(links.as_json(address))
    assert answer.status_code == 200, answer.text
    return answer.json()


def walk(browser: httpx.Client, address: str) -> list[dict[str, Any]]:
    """Return the rows of all pages, from the first on."""
    rows = []
    while address:
        page = json_of(browser, address)
        rows += page["rows"]
        address = page["next"].replace(".json", "", 1)
    return rows


@given(
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.text(st.characters(codec="utf-8"), max_size=30),
)
def test_each_name_has_one_address_and_each_address_one_name(one: str, other: str) -> None:
    """Whatever is in it, and nothing in it means more than text to a browser or a server."""
    assert links.decode(links.encode(one)) == one
    assert (links.encode(one) == links.encode(other)) == (one == other)
    assert links.decode_key(links.encode_key([one, other])) == [one, other]
    assert re.fullmatch(r"[\w~-]+", links.encode(one), re.ASCII)


@pytest.mark.parametrize("written", ["", "~2f", "~41", "a~", "~FF", "a.b", "a/b", "~2"])
def test_what_we_never_write_is_no_name(written: str) -> None:
    """So that two addresses never mean one thing."""
    with pytest.raises(ValueError):  # noqa: PT011  # UnicodeDecodeError is one
        links.decode(written)


def test_every_type_is_shown(browser: httpx.Client) -> None:
    """As the server writes it as text; and what is NULL is null."""
    page = json_of(browser, "/table/public/every_type")
    full, empty = sorted(page["rows"], key=lambda row: row["id"])
    assert None not in full.values()
    assert set(empty.values()) == {"2", None}
    html = browser.get("/table/public/every_type").text
    assert "&lt;b&gt;cross&lt;/b&gt;" in html
    assert browser.get("/row/public/every_type/1").status_code == 200


FILTERS = [
    ("c_bool.is", "true"), ("c_num.from", "1"), ("c_f8.to", "0"), ("c_text.has", "\t"), ("c_vc.is", "vc"),
    ("c_ch.is", "ch"), ("c_qc.is", "q"), ("c_bytea.is", "\\xdeadbeef"), ("c_date.to", "2000-01-01"), ("c_time.from", "10:00"),
    ("c_ts.is", "-infinity"), ("c_tstz.from", "2000-01-01"), ("c_iv.from", "1 day"), ("c_json.has", '"a"'),
    ("c_jsonb.holds", '{"b": [1]}'), ("c_inet.is", "10.0.0.1/8"), ("c_mood.in", "<b>cross</b>"), ("c_small.is", "7"),
    ("c_ints.any", "1"), ("c_moods.any", "sad"), ("c_r4.is", "[1,5)"), ("c_pair.has", "x,y"),
    ("c_point.has", "(1,2)"), ("c_tsv.is", "'cat' 'fat'"), ("c_lsn.is", "0/16"), ("c_money.from", "1"), ("c_mood.null", "filled"),
    ("c_bit.is", "101"), ("c_name.starts", "n"), ("c_small.null", "filled"), ("c_jp.has", "a"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), FILTERS, ids=[name for name, _ in FILTERS])
def test_a_filter_of_each_type_finds_the_row(browser: httpx.Client, field: str, value: str) -> None:
    """And only that one."""
    page = json_of(browser, links.with_query("/table/public/every_type", [(field, value)]))
    assert [row["id"] for row in page["rows"]] == ["1"]


def test_a_value_that_is_none_of_the_type_is_said_at_the_form(browser: httpx.Client) -> None:
    """Not as an error of the page."""
    answer = browser.get("/table/public/every_type?c_num.from=many")
    assert answer.status_code == 200
    assert "PostgreSQL does not take that value" in answer.text


@pytest.mark.parametrize(
    "query",
    ["", "?n=25", "?sort=size&dir=asc&n=25", "?sort=size&dir=desc&n=25", "?sort=id&dir=asc&n=25", "?at.from=2026-01-02&n=25", "?size.null=null&n=25"],
)  # fmt: skip
def test_pages_hold_every_row_once_forwards_and_backwards(
    browser: httpx.Client, rows: psycopg.Connection, query: str
) -> None:
    """By whatever order, NULLs in it, and with filters."""
    address = f"/table/public/events{query}"
    found = walk(browser, address)
    where = {
        "?at.from=2026-01-02&n=25": "at >= '2026-01-02'",
        "?size.null=null&n=25": "size IS NULL",
    }.get(query, "true")
    expected = rows.execute(f"SELECT id::text FROM events WHERE {where}").fetchall()
    assert sorted(row["id"] for row in found) == sorted(one for (one,) in expected)
    page, back = json_of(browser, address), []
    while page["next"]:
        page = json_of(browser, page["next"].replace(".json", "", 1))
    while True:
        back = page["rows"] + back
        if not page["previous"]:
            break
        page = json_of(browser, page["previous"].replace(".json", "", 1))
    assert back == found


def test_newest_first_where_an_index_knows_the_time(browser: httpx.Client) -> None:
    """And the order can be turned."""
    times = [row["at"] for row in json_of(browser, "/table/public/events")["rows"]]
    assert times == sorted(times, reverse=True)
    ids = [row["id"] for row in json_of(browser, "/table/public/events?dir=asc")["rows"]]
    assert ids[0] == "1"


def test_a_sort_is_as_postgresql_sorts(browser: httpx.Client, rows: psycopg.Connection) -> None:
    """NULLs last upwards and first downwards."""
    for direction in ("asc", "desc"):
        found = [
            row["id"]
            for row in walk(browser, f"/table/public/events?sort=size&dir={direction}&n=25")
        ]
        expected = rows.execute(
            f"SELECT e.id::text FROM events AS e ORDER BY size {direction}, e.id {direction}"
        ).fetchall()
        assert found == [one for (one,) in expected]


def test_a_table_without_a_key_is_paged_by_place(browser: httpx.Client) -> None:
    """Each row once; it has no page of its own."""
    found = [row["word"] for row in walk(browser, "/table/public/heap?n=25")]
    assert sorted(found) == sorted({f"w{n}" for n in range(1, 71)})
    assert "/row/" not in browser.get("/table/public/heap").text.replace('href="/row/', "/row/")


def test_partitions_are_pages_of_their_own(browser: httpx.Client) -> None:
    """The whole has the rows of all, and the list shows the whole."""
    assert len(walk(browser, "/table/public/parts?n=25")) == 30
    assert browser.get("/table/public/parts_1").status_code == 200
    listed = {one["name"] for one in browser.get("/index.json").json()["tables"]}
    assert "parts" in listed
    assert "parts_1" not in listed


NAME = 'a.b "c" ~2F %41 é<script>'


def test_foreign_names_and_keys_have_pages(browser: httpx.Client) -> None:
    """Quotes, dots, slashes, percent signs and markup, in names and in values."""
    address = links.table("other/one", NAME)
    page = json_of(browser, address)
    assert len(page["rows"]) == 4
    for row in page["rows"]:
        key = [row['k"1'], row["k,2"]]
        shown = browser.get(links.row("other/one", NAME, key))
        assert shown.status_code == 200, key
        assert f">{row['100%']}<" in shown.text
    assert (
        json_of(browser, address + "?" + quote(links.encode("100%")) + ".is=3")["rows"][0]["k,2"]
        == "b,c"
    )


def test_hostile_names_comments_and_values_are_text(browser: httpx.Client) -> None:
    """Everywhere that they are shown."""
    pages = [
        "/",
        links.table("other/one", NAME),
        links.row("other/one", NAME, ["a/b", "c,d"]),
        "/search?q=%3Cscript%3E",
        "/table/public/every_type",
        "/nothing%3Cscript%3E",
    ]
    for path in pages:
        text = browser.get(path).text
        assert text.count("<script") == 1, path
        assert "<img src=x" not in text
        assert "<b>cross" not in text


def test_foreign_keys_link_to_their_row(browser: httpx.Client) -> None:
    """By the key, or by the columns that they name."""
    text = browser.get("/table/public/child?id.is=500").text
    assert 'href="/row/public/parent/2"' in text
    assert 'href="/table/public/parent?code.null=empty"' in text
    row = browser.get("/row/public/child/1").text
    assert 'href="/row/public/parent/1"' in row


def test_rows_that_refer_to_a_row_are_its_first_ten(browser: httpx.Client) -> None:
    """And more than a hundred are not counted."""
    page = json_of(browser, "/row/public/parent/1")
    by_key = next(one for one in page["referred"] if one["columns"] == ["parent"])
    assert (len(by_key["rows"]), by_key["count"]) == (10, "100+")


def test_null_is_unlike_the_empty_text(browser: httpx.Client) -> None:
    """In words on the page, and in CSV as COPY writes it."""
    csv = browser.get("/table/public/child.csv?n=500").text
    assert '500,2,""' in csv
    assert "empty text" in browser.get("/table/public/child?id.is=500").text
    assert ">NULL<" in browser.get("/table/public/every_type").text


@given(st.lists(st.lists(st.one_of(st.none(), st.text()), min_size=2, max_size=2), max_size=4))
def test_csv_can_be_read_back(values: list[list[str | None]]) -> None:
    """By whoever quotes as RFC 4180 says."""
    import csv  # noqa: PLC0415
    import io  # noqa: PLC0415

    text = csv_text(["a", "b"], values)
    if not any("\r" in (one or "") or "\0" in (one or "") for row in values for one in row):
        read = list(csv.reader(io.StringIO(text, newline="")))[1:]
        assert read == [[one or "" for one in row] for row in values]


def test_no_value_is_a_formula_for_a_spreadsheet(browser: httpx.Client) -> None:
    """By the link of the page; the address without it gives what stands there. Numbers are numbers."""
    link = re.search(
        r'href="(/table/public/formulas\.csv[^"]*)"', browser.get("/table/public/formulas").text
    )
    assert link is not None
    shown = browser.get(link[1].replace("&amp;", "&")).text.splitlines()
    assert shown == ["'=name,size", "'=1+1,-1", "'@SUM(1),-2", "plain,-3"]
    assert browser.get("/table/public/formulas.csv").text.splitlines()[1] == "=1+1,-1"


def test_rows_of_one_value_are_sorted_by_their_key(
    browser: httpx.Client, rows: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a large table, where sorting all of a value's rows would take seconds: both ways, and back."""
    monkeypatch.setattr("amber_sql.studio.relations.LARGE", -1)
    for direction in ("asc", "desc"):
        address = f"/table/public/events?sort=size&dir={direction}&n=25"
        expected = rows.execute(
            f"SELECT e.id::text FROM events AS e ORDER BY size {direction}, e.id {direction}"
        ).fetchall()
        assert [row["id"] for row in walk(browser, address)] == [one for (one,) in expected]
        second = json_of(browser, json_of(browser, address)["next"].replace(".json", "", 1))
        back = json_of(browser, second["previous"].replace(".json", "", 1))
        assert back["rows"] == json_of(browser, address)["rows"]


def test_a_lock_of_a_session_is_given_back(browser: httpx.Client, rows: psycopg.Connection) -> None:
    """A function may take one, and no ROLLBACK frees it."""
    assert browser.get("/table/public/locking").status_code == 200
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711"
    assert rows.execute(held).fetchone() == (0,)


@pytest.mark.parametrize(
    "path",
    [
        "/table/public/vault", "/row/public/vault/1", "/table/public/vault_all", "/table/public/vault_twice",
        "/table/public/vault_shown", "/table/public/vault_row", "/table/public/vault_kept", "/table/public/safe", "/row/public/opens/1",
        "/table/public/opens", "/search?q=hunter",
    ],
)  # fmt: skip
def test_what_is_secret_never_leaves(browser: httpx.Client, path: str) -> None:
    """By no view, generated column, key, reference, CSV or JSON."""
    forms = [path, links.as_json(path)] + ([f"{path}.csv"] if path.startswith("/table") else [])
    for address in forms:
        answer = browser.get(address)
        assert answer.status_code == 200
        assert "hunter-" not in answer.text.lower().replace("“hunter”", "")


def test_a_view_of_the_servers_passwords_shows_none(browser: httpx.Client) -> None:
    """No dependency of it names the catalog: its rule does."""
    [row, *_] = json_of(browser, "/table/public/roles")["rows"]
    assert {*row} == {"rolname"}


@pytest.mark.parametrize(
    "query",
    [
        "?pin.is=hunter-one", "?pin.from=h", "?pin.has=one", "?pin.null=null", "?sort=pin", "?c=pin", "?loud.is=x",
        "?after=vhunter~2Done", "?sort=loud&dir=desc",
    ],
)  # fmt: skip
def test_nothing_tells_about_a_secret(browser: httpx.Client, query: str) -> None:
    """Neither a filter nor an order: a yes or no for each guess would be enough."""
    answer = browser.get(f"/table/public/vault{query}")
    assert answer.status_code in {400, 404} or "PostgreSQL does not take" in answer.text
    assert browser.get("/row/public/safe/hunter-key").status_code == 404


@pytest.mark.parametrize("view", ["sneaky", "counting", "freeing"])
def test_a_function_that_writes_fails_and_is_shown(
    browser: httpx.Client, rows: psycopg.Connection, view: str
) -> None:
    """A row, a sequence, or one that first makes its transaction writable."""
    answer = browser.get(f"/table/public/{view}")
    assert answer.status_code in {400, 403}
    assert "read-only" in answer.text or "read-write" in answer.text
    assert rows.execute("SELECT count(*) FROM heap").fetchone() == (70,)


def test_a_long_value_is_cut_and_a_huge_one_is_not_read(browser: httpx.Client) -> None:
    """The page says so, and stays small."""
    text = browser.get("/table/public/huge").text
    assert len(text) < 40_000
    assert "cut" in text
    assert "not read" in text
    whole = json_of(browser, "/table/public/huge?id.is=1")
    assert len(whole["rows"][0]["body"]) == 10_000


def test_times_are_utc_and_the_readers(browser: httpx.Client) -> None:
    """The zone is the cookie's; one that nobody knows changes nothing."""
    browser.cookies.set("amber_zone", "Europe%2FRome")
    assert "01:00:00 CET" in browser.get("/table/public/events?id.is=24").text
    browser.cookies.set("amber_zone", "..%2F..%2Fetc%2Fpasswd")
    assert "CET" not in browser.get("/table/public/events?id.is=24").text


def test_columns_can_be_chosen(browser: httpx.Client) -> None:
    """The key stays with them; one that there is not is refused."""
    page = json_of(browser, "/table/public/events?c=note")
    assert list(page["rows"][0]) == ["id", "note"]
    assert browser.get("/table/public/events?c=nothing").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/table/public/nothing", "/table/nothing/events", "/row/public/events/x", "/row/public/events/1,2", "/row/public/heap/1", "/table/public/events?after=zzz", "/table/public/events?nothing.is=1", "/table/pg_catalog/pg_authid"],
)  # fmt: skip
def test_what_there_is_not_is_not_found(browser: httpx.Client, path: str) -> None:
    """With a page that says so, and no traceback."""
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_what_takes_too_long_is_stopped(studio: Running, browser: httpx.Client) -> None:
    """After five seconds, here sooner; the page says what helps."""
    bound, studio.state.reader.bound = studio.state.reader.bound, "200ms"
    try:
        answer = browser.get("/table/public/sleepy")
    finally:
        studio.state.reader.bound = bound
    assert (bound, answer.status_code) == ("5s", 504)
    assert "five seconds" in answer.text


def test_a_statement_is_stopped_when_its_reader_leaves(
    browser: httpx.Client, rows: psycopg.Connection
) -> None:
    """And the studio goes on answering."""
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleepy%' AND state = 'active' AND pid <> pg_backend_pid()"
    with pytest.raises(httpx.ReadTimeout):
        browser.get("/table/public/sleepy", timeout=0.5)
    until = time.monotonic() + 3
    while rows.execute(sleeping).fetchone() != (0,) and time.monotonic() < until:
        time.sleep(0.05)
    assert rows.execute(sleeping).fetchone() == (0,)
    assert browser.get("/table/public/events").status_code == 200

"""Generated rows in FastAPI, pydantic, Litestar and msgspec: returned, taken, and shown in OpenAPI."""

from __future__ import annotations

import asyncio
import copy
import importlib
import json
import pickle
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import httpx
import msgspec
import psycopg
import pytest
from fastapi import Body, FastAPI
from generated import package
from litestar import Litestar, get, post
from litestar.params import JSONBody
from pydantic import BaseModel, TypeAdapter, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target import Target

SCHEMA = """
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE TABLE pets (id uuid PRIMARY KEY, owner int NOT NULL, name text NOT NULL);
CREATE TABLE people (
    id int PRIMARY KEY, mood mood NOT NULL, nick text, born date NOT NULL, seen timestamptz NOT NULL,
    free tstzrange NOT NULL, shifts int4multirange NOT NULL, wage numeric NOT NULL,
    rest interval NOT NULL, data jsonb, photo bytea NOT NULL, tags text[] NOT NULL, pin text
);
COMMENT ON COLUMN people.pin IS '@secret';
INSERT INTO pets VALUES ('00000000-0000-0000-0000-000000000001', 1, 'Rex');
INSERT INTO people VALUES (
    1, 'happy', NULL, '2000-02-29', '2024-01-01 12:00+00', '[2024-01-01 12:00+00,)', '{[1,3),[5,7)}',
    1.50, '1 day', '{"a": [1, null]}', '\\xff', '{a,NULL}', '1234'
);
"""
SQL = """
-- name: people()
-- Everybody, with their pets.
-- @returns Owner
SELECT p.id, p.mood, p.nick, p.born, p.seen, p.free, p.shifts, p.wage, p.rest, p.data, p.photo, p.tags,
       p.pin, ARRAY(SELECT t FROM pets AS t WHERE t.owner = p.id) AS pets
FROM people AS p;
-- name: add(id, owner, name)*!
-- Pets.
INSERT INTO pets (id, owner, name) VALUES (:id, :owner, :name);
"""
JSON = {
    "id": 1, "mood": "happy", "nick": None, "born": "2000-02-29", "seen": "2024-01-01T12:00:00Z",
    "free": {"lower": "2024-01-01T12:00:00Z", "upper": None, "bounds": "[)", "isempty": False},
    "shifts": {"ranges": [
        {"lower": 1, "upper": 3, "bounds": "[)", "isempty": False},
        {"lower": 5, "upper": 7, "bounds": "[)", "isempty": False},
    ]},
    "wage": "1.50", "rest": "P1D", "data": {"a": [1, None]}, "photo": "/w==", "tags": ["a", None],
    "pets": [{"id": "00000000-0000-0000-0000-000000000001", "owner": 1, "name": "Rex"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(
    compiling_server: Target, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Any]]:
    """Give the module of generated rows, and a row that was read."""
    root = tmp_path_factory.mktemp("web")
    with package(compiling_server, root, "web_package", schema=SCHEMA, queries=SQL) as url:
        queries = importlib.import_module("web_package.queries.q")
        with psycopg.connect(url) as conn:
            (owner,) = queries.people(conn)
        yield importlib.import_module("web_package.models"), owner


@pytest.fixture(scope="module")
def app(rows: tuple[Any, Any]) -> FastAPI:
    """Give a FastAPI application whose handlers say what rows they take and return."""
    models, owner = rows
    made = FastAPI()

    class Page(BaseModel):
        owners: list[models.Owner]

    def handler(returned: Any, annotation: Any) -> Any:
        def answer() -> Any:
            return returned

        answer.__annotations__["return"] = annotation
        return answer

    made.get("/one")(handler(owner, models.Owner))
    made.get("/list")(handler([owner], list[models.Owner]))
    made.get("/none")(handler(None, models.Owner | None))
    made.get("/page")(handler(Page(owners=[owner]), Page))
    made.get("/any")(handler(msgspec.structs.replace(owner, photo=b""), Any))

    def echo(pet: Any) -> Any:
        return pet

    for path, annotation in (("/pet", models.Pet), ("/body", Annotated[models.QAddParams, Body()])):
        echo.__annotations__ = {"pet": annotation, "return": annotation}
        made.post(path)(echo)
    return made


def call(app: Any, method: str, path: str, **more: Any) -> httpx.Response:
    """Send one request to an application in this process."""

    async def sent() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **more)

    return asyncio.run(sent())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/one", JSON | {"pin": "***"}),
        ("/list", [JSON | {"pin": "***"}]),
        ("/none", None),
        ("/page", {"owners": [JSON | {"pin": "***"}]}),
    ],
)
def test_fastapi_returns_rows(app: FastAPI, path: str, expected: Any) -> None:
    """As a response model, in a list, or None, and as a field of a pydantic model."""
    assert call(app, "GET", path).json() == expected


def test_fastapi_takes_a_row_without_a_model(app: FastAPI) -> None:
    """A handler that says Any leaves a secret out, as a dataclass would have it."""
    found = call(app, "GET", "/any").json()
    assert "pin" not in found
    assert (found["id"], found["free"]["bounds"], found["pets"]) == (1, "[)", JSON["pets"])


@pytest.mark.parametrize("path", ["/pet", "/body"])
def test_fastapi_reads_a_body(app: FastAPI, path: str) -> None:
    """A row is a body, not a parameter of the URL; what does not fit is refused at its field."""
    pet = {"id": "00000000-0000-0000-0000-000000000002", "owner": 1, "name": "Tom"}
    assert call(app, "POST", path, json=pet).json() == pet
    refused = call(app, "POST", path, json=pet | {"owner": "x"})
    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["body", "owner"])


def test_openapi_shows_the_fields(app: FastAPI) -> None:
    """Enums, rows in rows, ranges and formats are what a client is generated from."""
    schemas = app.openapi()["components"]["schemas"]
    fields = schemas["Owner"]["properties"]
    assert schemas["Mood"]["enum"] == ["happy", "sad"]
    assert fields["pets"]["items"] == {"$ref": "#/components/schemas/Pet"}
    assert fields["nick"]["anyOf"] == [{"type": "string"}, {"type": "null"}]
    assert fields["free"]["properties"]["lower"]["anyOf"][0]["format"] == "date-time"
    assert [fields[name].get("format") for name in ("born", "rest")] == ["date", "duration"]


def test_pydantic_reads_what_it_wrote(rows: tuple[Any, Any]) -> None:
    """A row goes through JSON and comes back, but for its secret."""
    models, owner = rows
    adapter = TypeAdapter(models.Owner)
    back = adapter.validate_json(adapter.dump_json(owner))
    assert msgspec.structs.replace(back, pin=owner.pin) == owner
    assert adapter.validate_python(owner) is owner
    with pytest.raises(ValidationError, match="mood"):
        adapter.validate_python(JSON | {"pin": None, "mood": "unheard of"})


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, lambda row: pickle.loads(pickle.dumps(row))],  # noqa: S301
)
def test_a_row_that_was_read_is_copied(rows: tuple[Any, Any], again: Any) -> None:
    """Caches, queues and processes take it with its ranges."""
    _, owner = rows
    assert again(owner) == owner
    assert msgspec.json.encode(again(owner)) == msgspec.json.encode(owner)


def test_fields_are_left_out_of_an_answer(rows: tuple[Any, Any]) -> None:
    """FastAPI's include and exclude hold for a row, and for rows in it."""
    models, owner = rows
    made, left_out = FastAPI(), {"pin": True, "pets": {"__all__": {"owner"}}}
    made.get("/no", response_model=models.Owner, response_model_exclude=left_out)(lambda: owner)
    made.get("/only", response_model=models.Owner, response_model_include={"id"})(lambda: owner)
    found = call(made, "GET", "/no").json()
    assert found["pets"] == [{key: JSON["pets"][0][key] for key in ("id", "name")}]
    assert found.keys() == JSON.keys()
    assert call(made, "GET", "/only").json() == {"id": 1}


def test_a_label_of_a_later_release_is_shown(rows: tuple[Any, Any]) -> None:
    """An enum is open in what is written, and closed in what is taken."""
    models, owner = rows
    later = msgspec.structs.replace(owner, mood=models.Mood.from_label("calm"))
    assert json.loads(TypeAdapter(models.Owner).dump_json(later))["mood"] == "calm"


def test_msgspec_needs_no_hook(rows: tuple[Any, Any]) -> None:
    """A range, a UUID and a secret are written by msgspec itself, and a struct stays one."""
    _, owner = rows
    assert json.loads(msgspec.json.encode(owner)) == JSON | {"pin": {}}
    assert msgspec.to_builtins(owner)["free"]["bounds"] == "[)"
    assert msgspec.structs.replace(owner, nick="n").nick == "n"
    assert msgspec.structs.asdict(owner)["wage"] == owner.wage
    assert asdict(owner)["pets"][0]["name"] == "Rex"


def test_litestar_returns_and_takes_rows(rows: tuple[Any, Any]) -> None:
    """It knows structs by itself."""
    models, owner = rows

    @get("/")
    async def one() -> Any:
        return owner

    @post("/")
    async def echo(data: Any) -> Any:
        return data

    one.fn.__annotations__["return"] = models.Owner
    echo.fn.__annotations__ = {"data": JSONBody[models.Pet], "return": models.Pet}
    litestar = Litestar([one, echo])
    assert call(litestar, "GET", "/").json() == JSON | {"pin": {}}
    assert call(litestar, "POST", "/", json=JSON["pets"][0]).json() == JSON["pets"][0]
    assert "happy" in json.dumps(litestar.openapi_schema.to_schema())


def test_a_service_without_pydantic_imports_none_of_it() -> None:
    """What a service imports is what it had to install."""
    code = "import sys, amber_sql.models; print({'pydantic', 'pydantic_core'} & {*sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"

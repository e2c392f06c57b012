"""Text in a session whose client_encoding is not UTF8, or changes: it comes back as it was, or is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from runtime_world import Face, value

from amber_sql.errors import ParameterRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ("runtime_plugin",)

BYTES = value("SELECT convert_to($1::text, 'UTF8')", bytes, "text")
FIRST = value("SELECT convert_to(($1::text[])[1], 'UTF8')", bytes, "text[]")
CHARACTER = value("SELECT chr($1)", str, "int4")


@pytest.fixture(
    params=[("plain", 5), ("plain", None), ("async_plain", 5), ("async_plain", None)],
    ids=["fast", "cursor", "async", "async-cursor"],
)
def face(shared_url: str, request: pytest.FixtureRequest) -> Iterator[Face]:
    """Give each path that a call may take, in both halves."""
    kind, threshold = request.param
    opened = Face(kind, shared_url, prepare_threshold=threshold)
    yield opened
    opened.close()


def test_a_client_encoding_may_change(face: Face) -> None:
    """Whoever sets it, and however often, a statement that was called before sends what was given."""
    for encoding in ("UTF8", "LATIN1", "UTF8", "EUC_JP", "LATIN1"):
        face.wait(face.conn.execute(f"SET client_encoding = {encoding}"))
        for _ in range(2):
            assert face.one(BYTES, "ö") == "ö".encode()
            assert face.one(CHARACTER, ord("ö")) == "ö"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("EUC_JP", "～－￡∥漢字"), ("SJIS", "￡∥漢字"), ("EUC_KR", "가각"), ("LATIN1", "é¥")],  # noqa: RUF001
)
def test_characters_of_which_tables_differ_come_back(face: Face, encoding: str, text: str) -> None:
    """What PostgreSQL means by the bytes counts, not what Python's codec does."""
    face.wait(face.conn.execute(f"SET client_encoding = {encoding}"))
    assert face.one(BYTES, text) == text.encode()
    assert face.one(FIRST, [text]) == text.encode()
    assert [face.one(CHARACTER, ord(each)) for each in text] == list(text)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("EUC_JP", "¥"), ("EUC_JP", "〜"), ("SJIS", "‾"), ("EUC_KR", "갂"), ("LATIN1", "✓")],
)
def test_a_character_that_would_become_another_is_refused(
    face: Face, encoding: str, text: str
) -> None:
    """By name, before it is sent: Python's EUC-JP makes a yen sign a backslash."""
    face.wait(face.conn.execute(f"SET client_encoding = {encoding}"))
    for statement, given in ((BYTES, text), (FIRST, [text])):
        with pytest.raises(ParameterRefused, match=r"client_encoding .* lacks"):
            face.one(statement, given)

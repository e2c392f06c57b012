"""Text in Markdown: it reads as it was written, and is nothing but text. markdown-it is the oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from amber_sql.studio.files.text import block, cell, code, prose

if TYPE_CHECKING:
    from markdown_it.token import Token

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HOSTILE = st.text(
    st.sampled_from("`|*_~<>&[]()!#-+=.:\\\"'$@ \n1aé数/")
    | st.characters(exclude_categories=["Cs"]),
    min_size=1,
    max_size=30,
)
ALLOWED = {"text", "code_inline", "softbreak", "html_inline"}


def _inline(source: str) -> list[Token]:
    return [one for token in PARSER.parse(source) for one in token.children or ()]


def _kinds(source: str) -> set[str]:
    return {token.type for token in PARSER.parse(source)}


def _words(text: str) -> str:
    """Return what is seen of a text: unprintable characters are blanks, and blanks are one."""
    return "".join("".join(c if c.isprintable() else " " for c in text).split()).replace("`", "")


def _seen(tokens: list[Token]) -> str:
    return _words("".join(one.content for one in tokens if one.type != "html_inline"))


@settings(max_examples=300, deadline=None)
@given(HOSTILE)
@example("a__b__ _c_ d_e")
def test_prose_is_text(text: str) -> None:
    """No link, no tag, no heading, no list comes out of anybody's comment."""
    source = f"before\n\n{prose(text)}\n"
    assert _kinds(source) <= {"paragraph_open", "inline", "paragraph_close"}
    assert {one.type for one in _inline(source)} <= {"text", "code_inline", "softbreak"}
    assert _seen(_inline(source)) == "before" + _words(text)


@settings(max_examples=300, deadline=None)
@given(HOSTILE, HOSTILE)
@example("__0__", "0")
def test_a_cell_stays_a_cell(text: str, name: str) -> None:
    """A table with anybody's texts has its two columns, and they read as they were written."""
    source = f"| a | b |\n| --- | --- |\n| {cell(text)} | {code(name)} |\n"
    cells = [token for token in PARSER.parse(source) if token.type == "inline"]
    assert len(cells) == 4
    for token, stated in zip(cells[2:], (text, name), strict=True):
        assert {one.type for one in token.children or ()} <= ALLOWED
        assert {one.content for one in token.children or () if one.type == "html_inline"} <= {
            "<br>", "<code>", "</code>",
        }  # fmt: skip
        assert _seen(token.children or []) == _words(stated)


@settings(max_examples=200, deadline=None)
@given(HOSTILE)
def test_a_block_ends_where_it_ends(text: str) -> None:
    """Whatever fences are in it."""
    tokens = PARSER.parse(block(text, "sql") + "\n\nafter\n")
    assert next(token.type for token in tokens) == "fence"
    assert tokens[-2].content == "after"

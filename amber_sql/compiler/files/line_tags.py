"""The tags inside a statement → what is wrong with them, each at its place.

`-- @if name`, `-- @end` and `-- @choose name label[: text]` speak to us; whatever looks like one of
them and is none would be a comment that changes nothing, and is refused.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from amber_sql.compiler.files.query import Operation
from amber_sql.sqltext.lexer import Kind
from amber_sql.sqltext.optional_lines import LineTag, lines, may_have_line_tags, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amber_sql.compiler.files.source import Block
    from amber_sql.sqltext.lexer import Token
    from amber_sql.sqltext.optional_lines import Choice, Line

FORMS = {
    "if": "`-- @if name` behind a line, or alone above lines that `-- @end` ends",
    "end": "`-- @end`",
    "choose": "`-- @choose name label` behind a line, then `-- @choose name label: text` below it",
}
"""How each is written."""
_OTHERS = {
    "else": "a choice between two texts is @choose",
    "elif": "a choice between several texts is @choose",
    "elseif": "a choice between several texts is @choose",
    "endif": "a block ends with @end",
    "fi": "a block ends with @end",
    "unless": "there is no opposite of @if: @choose has two texts",
    "ifnot": "there is no opposite of @if: @choose has two texts",
    "case": "a choice between several texts is @choose",
    "switch": "a choice between several texts is @choose",
    "choice": "did you mean @choose?",
    "when": "did you mean @if?",
    "optional": "did you mean @if?",
}
"""What other languages say."""
_WORD = re.compile(r"--\s*@\s*(?P<word>[\w-]+)(?P<rest>.*)", re.DOTALL)
_WITHIN = re.compile(r"(?<![\w@])@(?:if[ \t]+\w|end\b[ \t]*$|choose[ \t]+\w+[ \t]+\w)")
_LITERAL = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)


class Wrong(NamedTuple):
    """What is wrong, where in the file, and what to write."""

    at: int
    message: str
    hint: str


class _Group:
    """A line with a choice, and the texts that stand in for it so far."""

    def __init__(self, line: Line, choice: Choice) -> None:
        self.line, self.name, self.labels = line, choice.name, [choice.label]


class LineTags:
    """The tags of one statement; `names` are the header's parameters."""

    def __init__(self, block: Block, names: Sequence[str], operation: Operation) -> None:
        self.block, self.names, self.operation = block, names, operation
        self.text = block.source.text
        self._open: tuple[LineTag, bool] | None = None
        self._group: _Group | None = None
        self._groups: list[_Group] = []
        self._optional: set[str] = set()

    def wrong(self) -> Iterator[Wrong]:
        """Yield all that is wrong."""
        if not may_have_line_tags(self.text, self.block.whole):
            return  # most queries; cutting each into its lines took a fifth of the time to load it
        found = list(lines(self.text, self.block.whole))
        tags = [line.tag for line in found if line.tag]
        if tags and self.operation in {Operation.SCRIPT, Operation.MANY_AFFECTED}:
            what = "a script" if self.operation is Operation.SCRIPT else "a `*!` query"
            hint = "it is sent as it stands: make it a query of another suffix, or two queries"
            yield Wrong(tags[0].start, f"{what} has no optional lines", hint)
            return
        wrong = [one for line in found for one in self._line(line)]
        yield from wrong
        if wrong:
            return  # what else seems to be missing follows from it
        if self._open:
            yield Wrong(self._open[0].start, "this block never ends", "write `-- @end` below it")
        yield from self._choices()

    def _line(self, line: Line) -> Iterator[Wrong]:
        tag = line.tag
        if self._open and line.has_sql:
            self._open = self._open[0], True
        if line.has_sql or (tag is None and any(t.kind is not Kind.SPACE for t in line.tokens)):
            self._group = None
        yield from self._no_tags(line)
        if tag is None:
            return
        if line.has_sql and (several := _several_lines(self.text, line)) and tag.name != "end":
            hint = (
                "write `-- @if name` alone above it and `-- @end` below: a block takes whole lines"
            )
            yield Wrong(several.start, "this line goes on inside of quotes or a comment", hint)
        if tag.name == "if":
            yield from self._if(line, tag)
        elif tag.name == "end":
            yield from self._end(line, tag)
        else:
            yield from self._choose(line, tag)

    def _if(self, line: Line, tag: LineTag) -> Iterator[Wrong]:
        if self._open:
            number = self.block.source.place(self._open[0].start)[0]
            hint = f"end the block of line {number} before it"
            yield Wrong(tag.start, "this @if stands in a block: blocks do not nest", hint)
            return
        if not line.has_sql:
            self._open = tag, False
        yield from self._names(tag)

    def _names(self, tag: LineTag) -> Iterator[Wrong]:
        if not tag.names:
            yield Wrong(tag.start, "@if names no parameter", f"write {FORMS['if']}")
        for name in tag.names:
            at = tag.at + tag.argument.index(name)
            if name.isidentifier() and name in self.names:
                self._optional.add(name)
                continue
            if name.lower() in {"and", "or", "not"}:
                hint = "several names mean all of them: `-- @if a b`; there is no `or` and no `not`"
            elif (bare := name.strip(":$@(){}!;.=")) in self.names:
                hint = f"write {bare} alone"
            elif not name.isidentifier():
                yield Wrong(tag.start, "@if is written differently", f"write {FORMS['if']}")
                return
            elif close := get_close_matches(name, self.names, n=1):
                hint = f"did you mean {close[0]}?"
            else:
                hint = f"declare it in the header: its parameters are {', '.join(self.names) or 'none'}"
            yield Wrong(at, f"@if {name}: no such parameter", hint)

    def _end(self, line: Line, tag: LineTag) -> Iterator[Wrong]:
        if line.has_sql:
            yield Wrong(tag.start, "@end stands behind SQL", "write it on a line of its own")
        elif tag.argument.strip():
            yield Wrong(tag.start, "@end is written differently", f"write {FORMS['end']} alone")
        if self._open is None:
            hint = "a block begins with `-- @if name` on a line of its own"
            yield Wrong(tag.start, "@end ends no block", hint)
        elif not self._open[1]:
            yield Wrong(self._open[0].start, "this block has no SQL", "delete it")
        self._open = None

    def _choose(self, line: Line, tag: LineTag) -> Iterator[Wrong]:
        choice = tag.choice
        if choice is None:
            yield Wrong(tag.start, "@choose is written differently", f"write {FORMS['choose']}")
            return
        form = f"`-- @choose {choice.name} label`"
        if choice.text is None and not line.has_sql:
            hint = f"write it behind the line, or give another text: {form[:-1]}: text`"
            yield Wrong(tag.start, "this @choose marks no line", hint)
        elif choice.text is None:
            self._group = _Group(line, choice)
            self._groups.append(self._group)
            yield from self._name(tag, choice)
        elif line.has_sql:
            hint = "write it on a comment line of its own, below the line that it stands in for"
            yield Wrong(tag.start, "a text for another line stands behind SQL", hint)
        elif self._group is None or self._group.name != choice.name:
            hint = f"write it directly below the line that ends in {form}"
            yield Wrong(tag.start, "this text stands in for no line", hint)
        elif choice.label in self._group.labels:
            hint = "name each label once"
            yield Wrong(tag.start, f"a second text for {choice.name} {choice.label}", hint)
        else:
            self._group.labels.append(choice.label)
            yield from self._text(choice)

    def _name(self, tag: LineTag, choice: Choice) -> Iterator[Wrong]:
        if choice.name not in self.names:
            close = get_close_matches(choice.name, self.names, n=1)
            hint = f"did you mean {close[0]}?" if close else "declare it in the header"
            yield Wrong(tag.start, f"@choose {choice.name}: no such parameter", hint)

    def _text(self, choice: Choice) -> Iterator[Wrong]:
        for token in text_of(choice):
            if token.kind is Kind.BROKEN:
                yield Wrong(token.start, "this text never ends", "close its quotes, or its comment")
            elif token.kind is Kind.SEMICOLON:
                yield Wrong(token.start, "a choice's text has no semicolon", "delete it")
            elif token.kind is Kind.LINE_COMMENT and _WITHIN.search(self._of(token)):
                hint = "write the choice in a block: `-- @if name` above, `-- @end` below"
                yield Wrong(token.start, "a choice's text has no tag of its own", hint)

    def _choices(self) -> Iterator[Wrong]:
        """Hold the lines of one choice against each other, and against what else has its name."""
        first: dict[str, _Group] = {}
        for group in self._groups:
            same = first.setdefault(group.name, group)
            at = group.line.tag.start if group.line.tag else group.line.start
            number = self.block.source.place(same.line.start)[0]
            if same.labels[0] != group.labels[0]:
                hint = f"line {number} has {same.labels[0]}: one label is the default of all"
                yield Wrong(at, f"{group.labels[0]} is another default of {group.name}", hint)
            elif missing := [label for label in same.labels if label not in group.labels]:
                hint = (
                    f"write `-- @choose {group.name} {missing[0]}: text`, without text for no line"
                )
                yield Wrong(at, f"this line has no text for {group.name} {missing[0]}", hint)
            elif more := [label for label in group.labels if label not in same.labels]:
                hint = f"add it below line {number} as well"
                yield Wrong(at, f"line {number} has no text for {group.name} {more[0]}", hint)
            elif len(group.labels) == 1:
                hint = f"write `-- @choose {group.name} label: text` below it"
                yield Wrong(at, f"{group.name} has no other label to choose", hint)
            if group.name in self._optional:
                hint = "a choice always has a label: name one of them otherwise"
                yield Wrong(at, f"{group.name} is chosen here and optional elsewhere", hint)

    def _no_tags(self, line: Line) -> Iterator[Wrong]:
        """Yield what looks like a tag and is only a comment."""
        for token in line.tokens:
            if token.kind is Kind.LINE_COMMENT:
                yield from self._comment(line, token)
            elif token.kind is Kind.BLOCK_COMMENT and (match := _WITHIN.search(self._of(token))):
                hint = f"write {FORMS[re.split(r'[^a-z]', match[0][1:])[0]]}"
                yield Wrong(token.start + match.start(), "a tag in /* */ is only text", hint)
            elif token.kind is Kind.STRING and not self._of(token).startswith("$"):
                between = _LITERAL.sub(lambda m: " " * len(m[0]), self._of(token))
                if "@" in between and (match := re.search(r"--\s*@(if|end|choose)\b", between)):
                    hint = "quoted text goes on behind it: write the text in one piece"
                    message = f"@{match[1]} stands inside of quoted text"
                    yield Wrong(token.start + match.start(), message, hint)

    def _comment(self, line: Line, token: Token) -> Iterator[Wrong]:
        text = self._of(token)
        match = _WORD.match(text)
        if match is None:
            within = _WITHIN.search(text) if line.has_sql else None
            if within:
                hint = "begin the comment with it: `-- @if name`, or end it with `-- @if name`"
                yield Wrong(token.start + within.start(), "this tag is only a comment", hint)
            return
        word = match["word"].lower().replace("-", "").replace("_", "")
        close = get_close_matches(word, FORMS, n=1, cutoff=0.6 if len(word) > 2 else 0.5)
        if word in FORMS or word in _OTHERS or close:
            hint = _OTHERS.get(word) or f"write {FORMS[word if word in FORMS else close[0]]}"
            yield Wrong(token.start, f"@{match['word']} is no tag of a line", hint)

    def _of(self, token: Token) -> str:
        return self.text[token.start : token.end]


def _several_lines(text: str, line: Line) -> Token | None:
    """Return the token of a line that goes on in the next one."""
    return next(
        (
            token
            for token in line.tokens
            if token.kind is not Kind.SPACE and re.search(r"[\r\n]", text[token.start : token.end])
        ),
        None,
    )

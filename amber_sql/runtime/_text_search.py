"""Documents and questions of the full-text search in binary form → the text that PostgreSQL shows."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Decode = Callable[[bytes], str]

_COUNT = Struct("!i")
_POSITION = Struct("!H")
_VALUE, _NOT, _AND, _OR, _PHRASE = 1, 1, 2, 3, 4
_PRIORITY = {_OR: 1, _AND: 2, _PHRASE: 3, _NOT: 4}
_WEIGHTS = ("", "C", "B", "A")
_WEIGHT_BITS = ((8, "A"), (4, "B"), (2, "C"), (1, "D"))


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def tsvector(decode: Decode) -> Callable[[bytes], str]:
    """Return what reads a document; `decode` knows the session's client_encoding."""

    def read(data: bytes) -> str:
        (count,), place = _COUNT.unpack_from(data), _COUNT.size
        words = []
        for _ in range(count):
            end = data.index(0, place)
            word = _quoted(decode(data[place:end]))
            (positions,) = _POSITION.unpack_from(data, end + 1)
            place = end + 3
            found = [
                number for (number,) in _POSITION.iter_unpack(data[place : place + 2 * positions])
            ]
            place += 2 * positions
            shown = ",".join(f"{number & 0x3FFF}{_WEIGHTS[number >> 14]}" for number in found)
            words.append(f"{word}:{shown}" if shown else word)
        return " ".join(words)

    return read


def tsquery(decode: Decode) -> Callable[[bytes], str]:
    """Return what reads a question, in which every operator stands before its right operand."""
    return lambda data: _Question(data, decode).text(0) if _COUNT.unpack_from(data)[0] else ""


class _Question:
    def __init__(self, data: bytes, decode: Decode) -> None:
        self._data, self._decode, self._place = data, decode, _COUNT.size

    def _byte(self) -> int:
        self._place += 1
        return self._data[self._place - 1]

    def text(self, around: int, *, right_of_phrase: bool = False) -> str:
        """Return an operand as it stands in an operator of the priority `around`."""
        if self._byte() == _VALUE:
            return self._lexeme()
        operator = self._byte()
        priority = _PRIORITY[operator]
        if operator == _NOT:
            shown = f"!{self.text(priority)}"
            return f"( {shown} )" if priority < around else shown
        between = {_AND: "&", _OR: "|"}.get(operator) or self._distance()
        right = self.text(priority, right_of_phrase=operator == _PHRASE)
        shown = f"{self.text(priority)} {between} {right}"
        parentheses = priority < around or (operator == _PHRASE and right_of_phrase)
        return f"( {shown} )" if parentheses else shown

    def _distance(self) -> str:
        (distance,) = _POSITION.unpack_from(self._data, self._place)
        self._place += 2
        return "<->" if distance == 1 else f"<{distance}>"

    def _lexeme(self) -> str:
        weights, is_prefix = self._byte(), self._byte()
        end = self._data.index(0, self._place)
        lexeme = _quoted(self._decode(self._data[self._place : end]))
        self._place = end + 1
        marks = ("*" if is_prefix else "") + "".join(w for bit, w in _WEIGHT_BITS if weights & bit)
        return f"{lexeme}:{marks}" if marks else lexeme

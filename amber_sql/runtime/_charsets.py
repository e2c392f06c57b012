"""Text in a session whose client_encoding is not UTF8: where Python's codec and PostgreSQL's table differ.

The same bytes are another character to each of them. So a few characters change places, and a text
that would not come back as it was is refused, such as a yen sign, which Python's EUC-JP and
Shift JIS make a backslash.
"""

from __future__ import annotations

AS_SJIS = {0x2016: 0x2225, 0x2212: 0xFF0D, 0x301C: 0xFF5E, 0xA2: 0xFFE0, 0xA3: 0xFFE1, 0xAC: 0xFFE2}
AS_2004 = {0x2015: 0x2014, 0x2985: 0xFF5F, 0x2986: 0xFF60}

MEANT: dict[str, dict[int, int]] = {
    "euc_jp": {**AS_SJIS, 0xA6: 0xFFE4},
    "shift_jis": AS_SJIS,
    "euc_jis_2004": {**AS_2004, 0xFFE5: 0xA5, 0xFFE3: 0x203E},
    "shift_jis_2004": AS_2004,
    "big5": {0x2574: 0xFFFD, 0x2CD: 0xFFFD, 0xFFE3: 0xFFFD},
}
"""By codec: what Python reads → what PostgreSQL means by the same bytes."""

WRITTEN = {name: {meant: read for read, meant in table.items()} for name, table in MEANT.items()}
LARGER = {"euc_kr": "cp949"}
"""Codecs that read what another one spells out in several characters as PostgreSQL does."""


def decode(data: bytes, encoding: str) -> str:
    """Return a text that the server sent."""
    text = bytes(data).decode(encoding)
    meant = MEANT.get(encoding)
    return text.translate(meant) if meant else text


def encode(text: str, encoding: str) -> bytes:
    """Return a text as the server reads it. Raises UnicodeEncodeError where there is no way to say it."""
    if encoding == "utf-8":
        return text.encode()
    data = text.translate(WRITTEN.get(encoding, {})).encode(encoding)
    if decode(data, LARGER.get(encoding, encoding)) != text:
        raise UnicodeEncodeError(encoding, text, 0, len(text), "PostgreSQL would read another one")
    return data

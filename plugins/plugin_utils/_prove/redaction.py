# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replaces what must not leave a host by stable invented words, and looks afterwards whether anything is left. Pure."""

from __future__ import annotations

import base64
import re
import struct
import typing as t
from collections.abc import Iterator, Mapping
from html import unescape
from xml.sax.saxutils import escape

from . import private
from .tokens import Tokens

_SID = re.compile(r"S-1-(?:\d{1,15}|0x[0-9A-F]{1,12})(?:-\d{1,10}){1,15}", re.IGNORECASE | re.ASCII)
_HEX_SID = re.compile(r"(?<![0-9A-Fa-f])01-?0[1-9A-Fa-f](?:-?[0-9A-Fa-f]{2}){10,66}(?![0-9A-Fa-f])")
_GUID = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Fa-f])")
_URL = re.compile(r"\b(?:https?|ldap|ftp)://[^\s\"'<>]+", re.IGNORECASE)
_PATH = re.compile(r"(?:\b[A-Za-z]:[\\/]|\\\\[^\\\s\"<>|]+\\)[^\"<>|\r\n*?,;]*")
_VALUE = r"(?:\\[^\r\n]|[^,\\\"<>\r\n])+"  # a backslash takes the meaning of the next sign (RFC 4514 2.4)
_DN_PART = re.compile(rf"(OU|DC|CN|O|L|C)=({_VALUE})", re.IGNORECASE)
_DN = re.compile(rf"\b{_DN_PART.pattern}(?:,\s*{_DN_PART.pattern})*", re.IGNORECASE)
_DN_STAY = frozenset(
    {"policies", "system", "sites", "configuration", "users", "computers", "domain controllers", "another", "machine"}
)
_WELL_KNOWN_GUIDS = (
    "31B2F340-016D-11D2-945F-00C04FB984F9",  # Default Domain Policy ([MS-GPOD] 1.1.4)
    "6AC1786C-016F-11D2-945F-00C04FB984F9",  # Default Domain Controllers Policy
    "827D319E-6EAC-11D2-A4EA-00C04F79F83A",  # security extension ([MS-GPSB] 1.9)
    "35378EAC-683F-11D2-A89A-00C04FBBCFA2",  # registry extension ([MS-GPREG] 1.9)
    "0CCE9231-69AE-11D9-BED3-505054503030",  # Authorization Policy Change ([MS-GPAC] 2.2.1.2)
)
_IN_ATTRIBUTES = {'"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#09;"}
_SIZE, _FRAGMENT = 6, 7  # the fewest characters of a token, and of a piece of base64, that are looked for in other encodings


class Redaction:
    """One host's words -> invented ones: equal words to equal ones, in whatever case they stand."""

    def __init__(self, tokens: Tokens) -> None:
        self._words: dict[str, str] = {}
        self._originals = {text.casefold() for _kind, text in tokens.all()}
        self._counts: dict[str, int] = {}
        for kind, text in tokens.all():
            made = self._words.get(text.casefold()) or self._invented(kind)
            for one in _written(text):
                self._words.setdefault(one, made)
        alternatives = "|".join(re.escape(one) for one in sorted(self._words, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<![^\W_])(?:{alternatives})(?![^\W_])", re.IGNORECASE) if alternatives else None
        self._domains: dict[str, int] = {}
        self._rids: dict[str, str] = {}
        self._others: dict[str, dict[str, str]] = {}
        self.sids: dict[str, str] = {}
        """Original SID -> invented one, of all that came."""

    def value(self, value: t.Any) -> t.Any:
        """Data with all its texts redacted; keys stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.value(one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(one) for one in value]
        return value

    def text(self, text: str) -> str:
        """A text redacted."""
        text = _DN.sub(self._dn, text)
        text = _HEX_SID.sub(self._hex_sid, text)
        text = _SID.sub(lambda found: self.sid(found[0]), text)
        text = _GUID.sub(self._guid, text)
        text = _URL.sub(lambda found: f"https://{self._other('URL', found[0])}.invalid", text)
        text = _PATH.sub(self._path, text)
        text = self._pattern.sub(self._word, text) if self._pattern else text
        return text.encode("utf-8", "replace").decode()  # half of a pair of UTF-16 cannot be written

    def sid(self, sid: str) -> str:
        """An invented SID for one that not every Windows has; a RID below 1000 stays."""
        known = self.sids.get(sid.upper())
        if known is not None or not private.is_private(sid):
            return known or sid
        begin, numbers, rids = private.parts(sid)
        if not numbers:
            return sid
        domain = "-".join([begin, *numbers])
        number = self._domains.setdefault(domain, 1000000001 + len(self._domains))
        made = "-".join([begin, *(str(number) for _unused in numbers), *(self._rid(domain, one) for one in rids)])
        self.sids[sid.upper()] = made
        return made

    def _rid(self, domain: str, rid: str) -> str:
        if int(rid) < 1000:
            return rid
        return self._rids.setdefault(f"{domain}-{rid}", str(1001 + len(self._rids)))

    def _hex_sid(self, found: re.Match[str]) -> str:
        """A SID whose bytes are written in hexadecimal, with hyphens between or without."""
        raw = bytes.fromhex(found[0].replace("-", ""))
        count = raw[1]
        if len(raw) != 8 + 4 * count:
            return found[0]
        numbers = struct.unpack(f"<{count}I", raw[8:])
        sid = "-".join(map(str, ["S-1", int.from_bytes(raw[2:8], "big"), *numbers]))
        if not private.is_private(sid):
            return found[0]
        made = sid_bytes(self.sid(sid)).hex().upper()
        return "-".join(re.findall("..", made)) if "-" in found[0] else made

    def _guid(self, found: re.Match[str]) -> str:
        if found[0].upper() in _WELL_KNOWN_GUIDS or set(found[0]) <= {"0", "-"}:
            return found[0]
        number = int(self._other("", found[0].upper()))
        return f"00000000-0000-0000-0000-{number:012d}"

    def _path(self, found: re.Match[str]) -> str:
        if re.match(r"[A-Za-z]:[\\/]windows\b", found[0], re.IGNORECASE):
            return found[0]
        return self._other("PATH", found[0])

    def _dn(self, found: re.Match[str]) -> str:
        """A place in the directory: each part by itself, the parts of a domain by their place."""
        parts = []
        for key, value in _DN_PART.findall(found[0]):
            stays = value.casefold() in _DN_STAY or _GUID.fullmatch(value.strip("{}"))
            parts.append(f"{key}={value if stays else self._other(key.upper(), value.casefold())}")
        return ",".join(parts)

    def _word(self, found: re.Match[str]) -> str:
        return self._words.get(found[0].casefold()) or self._words.get(found[0].lower().casefold()) or "WORD"

    def _other(self, kind: str, original: str) -> str:
        known = self._others.setdefault(kind, {})
        if original not in known:
            known[original] = self._invented(kind)
        return known[original]

    def _invented(self, kind: str) -> str:
        """The next word of a kind that is none of the host's own: a host may well be called DC1."""
        while True:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            word = f"{kind}{self._counts[kind]}"
            if word.casefold() not in self._originals:
                return word

    def left_in(self, text: str) -> list[str]:
        """Original words and SIDs that a redacted text still has: in any case, escaped, as bytes in hexadecimal or in base64."""
        text = f"{text}\n{unescape(text)}"
        found = [one for one in self._words if self._has(text, one)]
        small = text.lower().replace("-", "")
        for token in [*self._words, *self.sids]:
            for raw in _encoded(token):
                if raw.hex() in small or any(one in text for one in _base64s(raw)):
                    found.append(token)
        found += [sid for sid in self.sids if re.search(rf"(?<!\d){re.escape(sid)}(?![\d-])", text, re.IGNORECASE)]
        return sorted(set(found))

    def _has(self, text: str, word: str) -> bool:
        return re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", text, re.IGNORECASE) is not None


def _written(word: str) -> Iterator[str]:
    """A word in the cases in which it may stand, also as it is written in a text or an attribute of XML."""
    for one in (word, escape(word), escape(word, _IN_ATTRIBUTES)):
        yield from (one.casefold(), one.upper().casefold(), one.lower().casefold())


def sid_bytes(sid: str) -> bytes:
    """The binary form of a SID ([MS-DTYP] 2.4.2.2)."""
    authority, *parts = [int(one) for one in sid.split("-")[2:]]
    return bytes([1, len(parts)]) + authority.to_bytes(6, "big") + struct.pack(f"<{len(parts)}I", *parts)


def _encoded(token: str) -> list[bytes]:
    """How a token may hide: a SID as its bytes, a word in UTF-8 or UTF-16, in lower or upper case."""
    if re.fullmatch(r"S-1(-\d+){2,16}", token, re.IGNORECASE):
        return [sid_bytes(token)] if all(int(one) < 1 << 32 for one in token.split("-")[2:]) else []
    if len(token) < _SIZE:
        return []
    return [
        one.encode(encoding, "surrogatepass")
        for one in (token, token.upper(), token.lower())
        for encoding in ("utf-8", "utf-16-le")
    ]


def _base64s(raw: bytes) -> list[str]:
    """The base64 of bytes at each place of three within a longer run, without the characters that their neighbours share."""
    found = []
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        start = (0, 2, 3)[shift]
        end = len(text) if (shift + len(raw)) % 3 == 0 else len(text) - 1
        found.append(text[start:end])
    return [one for one in found if len(one) >= _FRAGMENT]

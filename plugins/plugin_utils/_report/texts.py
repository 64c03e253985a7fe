# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that others chose, in files that people read: what cannot be seen is written out, what has no end is cut. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .._policy.accounts import shown
from .record import Record

# Control and format characters (turned writing, zero width), line ends, surrogates and tags: none of them is seen where it stands.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str, most: int = 300) -> str:
    """The text on one line, its unseen characters as ``\\u202e``, not longer than ``most`` characters."""
    cut = text if len(text) <= most else text[: most - 3] + "..."
    return cut if cut.isascii() and cut.isprintable() else _UNSEEN.sub(_written, cut)


def _written(found: re.Match[str]) -> str:
    number = ord(found.group())
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def names_of(record: Record) -> dict[str, str | None]:
    """SID -> name of every account that a record names."""
    named = {finding["sid"]: finding["name"] for finding in record["findings"]}
    return named | {holder["sid"]: holder["name"] for holder in record["holders"]}


def accounts(sids: Iterable[str], names: Mapping[str, str | None]) -> list[str]:
    """Each account as ``NAME (SID)``, fit to be seen."""
    return [shown(visible(sid), visible(names.get(sid) or "") or None) for sid in sids]

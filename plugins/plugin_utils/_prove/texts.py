# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes of a program -> text.

secedit writes UTF-16 with a mark ([MS-GPSB] 2.2, public exports), gpresult /x too (its XML declaration says utf-16 in public files). What
programs print into a pipe is in a code page of the console or in UTF-8; no document says which one for each of them: unproven.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decoded(raw: bytes, pages: Sequence[int] = ()) -> tuple[str, str]:
    """The text, and the encoding that it was in. It never fails: at last each byte is a character of Latin-1."""
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return raw.decode(name, "replace"), name
    if raw[1:2] == b"\0" and len(raw) % 2 == 0:
        return raw.decode("utf-16-le", "replace"), "utf-16-le"
    for name in ("utf-8", *(f"cp{page}" for page in pages if page != 65001)):
        try:
            return raw.decode(name), name
        except (LookupError, UnicodeDecodeError):
            continue
    return raw.decode("latin-1"), "latin-1"

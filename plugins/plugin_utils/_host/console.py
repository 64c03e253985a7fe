# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PowerShell left on stderr and stdout -> the first line that says something. Pure.

With -EncodedCommand PowerShell writes its streams to stderr as CLIXML ([MS-PSRP] 2.2.5): a header, then <S S="Error">...</S> for errors,
where UTF-16 units that XML cannot hold are written _xHHHH_ ([MS-PSRP] 2.2.5.3.2).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_HEADER = "#< CLIXML"
_ERROR = re.compile(r'<S S="Error">([^<]*)')
_UNIT = re.compile(r"_x([0-9A-Fa-f]{4})_")


def first_line(stderr: str, stdout: str) -> str | None:
    """The first line of an error, else of the output; None where neither says anything. A line that begins an object is no reason."""
    lines = (line.strip() for text in (errors(stderr), stdout) for line in text.splitlines())
    return next((line for line in lines if line.strip("\0\ufeff ") and not line.startswith("{")), None)


def errors(stderr: str) -> str:
    """Errors as the person at the host would have read them; a text that is no CLIXML is returned as it is."""
    plain, header, streams = stderr.partition(_HEADER)
    return plain + "".join(_decoded(streams)) if header else plain


def _decoded(streams: str) -> Iterator[str]:
    for match in _ERROR.finditer(streams):
        units = _UNIT.sub(lambda unit: chr(int(unit[1], 16)), html.unescape(match[1]))
        yield units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

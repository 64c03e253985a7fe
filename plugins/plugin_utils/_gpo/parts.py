# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three parts of a GPO that a change moves. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from .._wording import visible
from .facts import GpoFacts
from .refusal import GpoRefused, Reason


@dataclass(frozen=True, slots=True)
class Parts:
    """The three parts of a GPO that a change moves, as they are or shall be."""

    template: bytes | None
    version: int
    extensions: str | None
    gpt_ini: bytes | None

    @property
    def digests(self) -> dict[str, object]:
        """As contract and journal tell them."""
        return {
            "template_sha256": digest(self.template),
            "version": self.version,
            "extensions": self.extensions,
            "gpt_ini_sha256": digest(self.gpt_ini),
        }


def parts_of(gpo: GpoFacts) -> Parts:
    """What there is now. Raises GpoRefused where a part is not known."""
    for name, file in (("GptTmpl.inf", gpo.template), ("gpt.ini", gpo.gpt_ini)):
        if file.status not in ("read", "absent"):
            raise GpoRefused(Reason.UNREADABLE, f"{name} of {gpo.guid} could not be read: {visible(file.error or file.status)}")
    if gpo.version is None:
        raise GpoRefused(Reason.UNREADABLE, f"the version of the container of {gpo.guid} is not known")
    if gpo.gpt_ini.status == "absent":  # every GPO has one ([MS-GPOL] 2.2.4): its folder is not all here
        raise GpoRefused(
            Reason.UNREADABLE, f"{gpo.guid} has no gpt.ini here: look whether SYSVOL of this domain controller is complete"
        )
    return Parts(gpo.template.data, gpo.version, gpo.extensions, gpo.gpt_ini.data)


def digest(data: bytes | None) -> str | None:
    """SHA-256 of a file; None where there is none."""
    return None if data is None else hashlib.sha256(data).hexdigest()

# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""gPCMachineExtensionNames: which client-side extensions (CSE) a GPO has settings for, and the tools that edit them. Pure.

Source: [MS-GPOL] 2.2.4: ``[{CSE}{tool}...][...]``, sorted by the GUID of the CSE; clients stop at the first one out of order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import NotUnderstood

SECURITY_CSE = "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}"
SECURITY_TOOL = "{803E14A0-B4FB-11D0-A0D0-00A0C90F574B}"
"""The pair of the security settings ([MS-GPSB] 1.9)."""

_GUID = re.compile(r"\{[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", re.IGNORECASE | re.ASCII)
_BLOCK = re.compile(rf"\[((?:{_GUID.pattern})+)\]", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Block:
    """A client-side extension and its tools, as they stand in the attribute."""

    cse: str
    tools: tuple[str, ...]

    @property
    def text(self) -> str:
        """As the attribute has it."""
        return f"[{self.cse}{''.join(self.tools)}]"


def parse_extensions(text: str | None) -> tuple[Block, ...]:
    """The blocks of the attribute, in their order; none where it is absent or blank. Raises NotUnderstood for another form."""
    rest = (text or "").strip()
    blocks = []
    while rest:
        match = _BLOCK.match(rest)
        if match is None:
            raise NotUnderstood(f"gPCMachineExtensionNames is not a list of [{{CSE}}{{tool}}...]: {rest[:100]!r}")
        cse, *tools = _GUID.findall(match[1])
        blocks.append(Block(cse, tuple(tools)))
        rest = rest[match.end() :]
    return tuple(blocks)


def in_order(blocks: tuple[Block, ...]) -> bool:
    """Whether clients read the list to its end."""
    keys = [block.cse.upper() for block in blocks]
    return keys == sorted(keys)


def has_extension(blocks: tuple[Block, ...]) -> bool:
    """Whether the GPO says that it has security settings, by whatever tool."""
    return any(_same(block.cse, SECURITY_CSE) for block in blocks)


def has_pair(blocks: tuple[Block, ...]) -> bool:
    """Whether the GPO says that it has security settings, and the tool for them."""
    return any(_same(block.cse, SECURITY_CSE) and any(_same(tool, SECURITY_TOOL) for tool in block.tools) for block in blocks)


def reached(blocks: tuple[Block, ...]) -> bool:
    """Whether clients get as far as the security settings: the list names them before the first block that is out of order."""
    last = ""
    for block in blocks:
        if block.cse.upper() < last:
            return False
        if _same(block.cse, SECURITY_CSE):
            return True
        last = block.cse.upper()
    return False


def with_pair(text: str | None) -> str:
    """The attribute with the pair of the security settings, sorted; as it is where it is so already. Raises NotUnderstood."""
    blocks = parse_extensions(text)
    if text and has_pair(blocks) and in_order(blocks):
        return text
    return _joined(blocks if has_pair(blocks) else (*blocks, Block(SECURITY_CSE, (SECURITY_TOOL,))))


def without_pair(text: str | None) -> str | None:
    """The attribute without the pair, sorted; None where nothing is left of it. Other tools of the extension stay. Raises NotUnderstood."""
    blocks = parse_extensions(text)
    if not has_pair(blocks):
        return text
    left = []
    for block in blocks:
        if not _same(block.cse, SECURITY_CSE):
            left.append(block)
        elif others := tuple(tool for tool in block.tools if not _same(tool, SECURITY_TOOL)):
            left.append(Block(block.cse, others))
    return _joined(tuple(left)) or None


def _joined(blocks: tuple[Block, ...]) -> str:
    """The blocks in order, those of one extension as one; a tool that is added to others goes where its GUID belongs."""
    tools: dict[str, tuple[str, list[str]]] = {}
    for block in blocks:
        _cse, known = tools.setdefault(block.cse.upper(), (block.cse, []))
        known += [tool for tool in block.tools if not any(_same(tool, other) for other in known)]
        if block == Block(SECURITY_CSE, (SECURITY_TOOL,)):
            known.sort(key=str.upper)
    return "".join(Block(cse, tuple(known)).text for _key, (cse, known) in sorted(tools.items()))


def _same(one: str, other: str) -> bool:
    return one.upper() == other.upper()

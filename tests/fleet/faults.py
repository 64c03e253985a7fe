# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong on the way to a host: named scenarios for one host each.

A scenario changes what the WinRM service lets in, what the inventory gives the client, what happens to the nth
message of an action, and what becomes of the command's output. The default scenario changes nothing.
"""

from __future__ import annotations

import enum
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from fleet.backend import Output
from fleet.winrm import soap
from fleet.winrm.authn import Access, ChannelBinding
from fleet.winrm.winrs import Quota


class Mishap(enum.Enum):
    """What happens to a message instead of an answer."""

    DROP = "the connection closes before the host has seen the message"
    DROP_AFTER = "the host acts on the message, the connection closes instead of the answer"
    CUT = "the connection closes in the middle of the answer"
    GARBAGE = "the answer is not XML"
    FORGET = "the host has lost its shells when the message arrives"


@dataclass(frozen=True)
class On:
    """Something happens to the first (or nth, or every) message of an action; with ``command`` to the messages for that command only.

    How many messages a command takes depends on how fast the host is: a slow one lets a Receive run into its time limit.
    """

    action: str
    happens: Mishap | Callable[[], soap.Fault]
    nth: int | None = 1  # None: to every one
    command: int | None = None  # counted from 1


@dataclass(frozen=True)
class Scenario:
    """What is wrong with one host, or with what the client knows about it."""

    mishaps: tuple[On, ...] = ()
    access: Access | None = None
    quota: Quota = field(default_factory=Quota)
    variables: Mapping[str, t.Any] = field(default_factory=dict)  # of the host in the inventory
    delay: float = 0.0  # seconds that the command takes
    early: bool = False  # half of what the command prints comes before that
    output: Callable[[Output], Output] | None = None  # what becomes of the output
    down: bool = False  # nothing listens
    silent: bool = False  # connections are taken, and nothing is ever answered

    def mishap(self, action: str, nth: int, command: int) -> On | None:
        """Say what happens to the nth message of an action, counted from 1, while so many commands have begun."""
        return next(
            (on for on in self.mishaps if on.action == action and on.nth in (None, nth) and on.command in (None, command)), None
        )


def cut_off(output: Output) -> Output:
    """Keep the first half of the JSON."""
    return replace(output, stdout=output.stdout[: len(output.stdout) // 2])


def failed(_output: Output) -> Output:
    """Answer as a module that failed."""
    return Output(b'{"failed":true,"changed":false,"msg":"Access is denied"}\r\n', b"", 1)


CLIXML = (
    b'#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
    b'<Obj S="progress" RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T></TN><MS>'
    b'<I64 N="SourceId">1</I64><PR N="Record"><AV>Preparing modules for first use.</AV><AI>0</AI><Nil /><PI>-1</PI>'
    b"<PC>-1</PC><T>Completed</T><SR>-1</SR><SD> </SD></PR></MS></Obj></Objs>"
)


def noisy(output: Output) -> Output:
    """Add text before the JSON and progress records on stderr, as profiles and first uses do."""
    return replace(output, stdout=b"Loading personal profile\r\n" + output.stdout, stderr=CLIXML)


def broken(_output: Output) -> Output:
    """Answer as PowerShell that could not run the payload at all: no JSON, an error record, exit code 1."""
    record = (
        b'#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
        b'<S S="Error">Out of memory_x000D__x000A_</S></Objs>'
    )
    return Output(b"", record, 1)


def garbled(_output: Output) -> Output:
    """Answer with bytes that are no JSON, and exit code 0."""
    return Output(b"\x00\xff\xfe garbage \r\n", b"", 0)


def large(output: Output, size: int = 500_000) -> Output:
    """Fill the JSON object up to a size with a key that nobody asked for."""
    text = output.stdout.rstrip()
    assert text.endswith(b"}"), "only a JSON object can be filled up"
    return replace(output, stdout=text[:-1] + b',"padding":"' + b"x" * (size - len(text)) + b'"}\r\n')


# There is no "Send timed out": when the host has not got the data, the client waits for its output for ever.
SCENARIOS: Mapping[str, Scenario] = {
    "none": Scenario(),
    # login
    "wrong password": Scenario(variables={"ansible_password": "not the password"}),
    "unknown user": Scenario(variables={"ansible_user": "nobody"}),
    "basic not offered": Scenario(
        access=Access(offers=("Negotiate",), unencrypted=True), variables={"ansible_winrm_transport": "basic"}
    ),
    "unencrypted refused": Scenario(  # over HTTP only
        access=Access(unencrypted=False), variables={"ansible_winrm_message_encryption": "never"}
    ),
    "no channel binding, strict": Scenario(  # over HTTPS only, like the next
        access=Access(channel_binding=ChannelBinding.STRICT), variables={"ansible_winrm_send_cbt": False}
    ),
    "no channel binding, relaxed": Scenario(
        access=Access(channel_binding=ChannelBinding.RELAXED), variables={"ansible_winrm_send_cbt": False}
    ),
    # the host
    "host down": Scenario(down=True),
    "slow command": Scenario(delay=2.5, variables={"ansible_winrm_operation_timeout_sec": 1, "ansible_winrm_read_timeout_sec": 10}),
    "output before the end": Scenario(
        delay=2.5,
        early=True,
        variables={"ansible_winrm_operation_timeout_sec": 1, "ansible_winrm_read_timeout_sec": 10},
    ),
    "access denied at Create": Scenario((On("Create", soap.access_denied),)),
    "too many shells": Scenario(quota=Quota(shells=0)),
    "too many shells, WinRM 2.0": Scenario((On("Create", soap.too_many_shells_of_old),)),
    "too many commands": Scenario((On("Command", soap.too_many_commands, nth=None),)),
    "quota on the second command": Scenario(quota=Quota(operations=1)),
    "Create timed out": Scenario((On("Create", soap.timed_out),)),
    "Command timed out": Scenario((On("Command", soap.timed_out),)),
    "Receive timed out": Scenario((On("Receive", soap.timed_out),)),
    "busy at Send": Scenario(  # the client gives up after one Receive that times out
        (On("Send", soap.busy, nth=None),),
        variables={"ansible_winrm_operation_timeout_sec": 1, "ansible_winrm_read_timeout_sec": 10},
    ),
    "Signal timed out": Scenario((On("Signal", soap.timed_out),)),
    "shell gone at Command": Scenario((On("Command", Mishap.FORGET),)),
    "shell gone at Send": Scenario((On("Send", Mishap.FORGET),)),
    "shell gone at Receive": Scenario((On("Receive", Mishap.FORGET),)),
    "shell gone at Signal": Scenario((On("Signal", Mishap.FORGET),)),
    "shell gone at Delete": Scenario((On("Delete", Mishap.FORGET),)),
    # the connection
    **{
        f"drop at {action}": Scenario((On(action, Mishap.DROP),))
        for action in ("Create", "Command", "Send", "Receive", "Signal", "Delete")
    },
    "drop after Send": Scenario((On("Send", Mishap.DROP_AFTER),)),
    "Receive cut": Scenario((On("Receive", Mishap.CUT),)),
    "drop between pieces": Scenario((On("Receive", Mishap.DROP, nth=3),), output=large),
    "garbage at Create": Scenario((On("Create", Mishap.GARBAGE),)),
    "garbage at Receive": Scenario((On("Receive", Mishap.GARBAGE),)),
    # the answer
    "JSON cut off": Scenario(output=cut_off),
    "failed JSON": Scenario(output=failed),
    "CLIXML noise": Scenario(output=noisy),
    "no JSON, error record": Scenario(output=broken),
    "garbage on stdout": Scenario(output=garbled),
    "500 KB answer": Scenario(output=large),
}

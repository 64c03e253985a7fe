# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.parsing import parse_account
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput


@pytest.mark.parametrize(
    ("text", "sid"),
    [
        pytest.param("administrators", "S-1-5-32-544", id="symbol"),
        pytest.param("*S-1-5-6", "S-1-5-6", id="SID with a star"),
        pytest.param(" S-1-5-6 ", "S-1-5-6", id="blanks around"),
        pytest.param(r"NT AUTHORITY\local service", "S-1-5-19", id="canonical English name, any case"),
        pytest.param(r"BUILTIN\IIS_IUSRS", "S-1-5-32-568", id="canonical English name of a group"),
        pytest.param(r"NT SERVICE\W3SVC", "S-1-5-80-989796750-4090848350-2040919084-978865222-2182970707", id="service"),
        pytest.param(r"NT SERVICE\ALL SERVICES", "S-1-5-80-0", id="all services is no derived SID"),
        pytest.param(r"iis apppool\DefaultAppPool", "S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415", id="pool"),
        pytest.param("local_account_and_administrator", "S-1-5-114", id="symbol of local administrators"),
        pytest.param(
            r"NT AUTHORITY\Local account and member of Administrators group", "S-1-5-114", id="the canonical name of the same"
        ),
        pytest.param("print_operators", "S-1-5-32-550", id="symbol of the print operators"),
        pytest.param("hyper_v_administrators", "S-1-5-32-578", id="symbol of the Hyper-V administrators"),
        pytest.param("remote_management_users", "S-1-5-32-580", id="symbol of the remote management users"),
        pytest.param("NT SERVICE\\Größendienst", None, id="service outside ASCII: the host knows"),
        pytest.param(r"CORP\svc-app", None, id="domain account: the host knows"),
        pytest.param("svc-app@corp.example", None, id="UPN: the host knows"),
        pytest.param(r".\ASPNET", None, id="local account: the host knows"),
        pytest.param("s-1001@corp.example", None, id="UPN that begins like a SID"),
        pytest.param(r"S-12\svc", None, id="domain that begins like a SID"),
    ],
)
def test_an_account_is_read(text, sid):
    assert parse_account(text).sid == sid


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "an account is empty", id="empty"),
        pytest.param("   ", "an account is empty", id="blanks only"),
        pytest.param(None, "is not a text", id="nothing"),
        pytest.param(544, "is not a text", id="a number"),
        pytest.param("Administrators", "write the symbol administrators", id="bare English name"),
        pytest.param("Local Service", "write the symbol local_service", id="bare English name of two words"),
        pytest.param("Administratoren", "bare name", id="bare German name"),
        pytest.param("NETZWERKDIENST", "bare name", id="bare German name in capitals"),
        pytest.param("service réseau", "bare name", id="bare French name"),
        pytest.param("administratos", "neither a known symbol", id="misspelt symbol"),
        pytest.param("S-1-5-32-", "malformed SID", id="malformed SID"),
        pytest.param("CORP\\", "lacks the domain or the name", id="no name"),
        pytest.param("\\svc", "lacks the domain or the name", id="no domain"),
        pytest.param("A\\B\\C", "lacks the domain or the name", id="two backslashes"),
        pytest.param(r"NT AUTHORITY\LOKALER DIENST", "is not a well-known account", id="localised well-known name"),
        pytest.param("NT SERVICE\\", "lacks the domain or the name", id="service without a name"),
        pytest.param("@corp.example", "bare name", id="UPN without a name"),
        pytest.param("VORDEFINIERT\\", "lacks the domain or the name", id="localised domain without a name"),
        pytest.param("Local account and member of Administrators group", "bare name", id="bare name of local administrators"),
        pytest.param("S-1-5-32-544@", "malformed SID|bare name", id="a SID with more"),
    ],
)
def test_what_is_no_account_is_refused_with_what_is_allowed(text, words):
    with pytest.raises(BadInput, match=words) as refused:
        parse_account(text)
    assert repr(text.strip() if isinstance(text, str) else text) in str(refused.value) or not str(text or "").strip()

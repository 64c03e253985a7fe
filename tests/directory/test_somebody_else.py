# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller made and the payload wrote is read by Samba's own tools; and what they wrote by the payload and the controller."""

from __future__ import annotations

import configparser

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import Sid
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.extensions import with_pair
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.gpt_ini import read_gpt_ini, write_gpt_ini
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.template import read_template, write_template
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.version import next_version
from directory.conftest import REALM, b64, template
from samba import server

pytestmark = pytest.mark.directory
RIGHT = "SeImpersonatePrivilege"
SIDS = [Sid("S-1-5-19"), Sid("S-1-5-32-544"), Sid("S-1-5-32-568")]
OTHER = "[{B1BE8D72-6EAC-11D2-A4EA-00C04F79F83A}{53D6AB1B-2488-11D1-A28C-00C04FB94F17}]"


@pytest.fixture
def samba_tool(directory):
    """What `samba-tool gpo` prints."""
    where = ["-H", str(directory.configuration.parent.parent / "private" / "sam.ldb"), f"--configfile={directory.configuration}"]
    return lambda *words: server.run("samba-tool", "gpo", *words, *where)


def printed(text):
    """Rows of samba-tool by the GUID of their GPO."""
    blocks = [dict(line.split(": ", 1) for line in block.splitlines() if ": " in line) for block in text.split("\n\n")]
    rows = [{name.strip(): value for name, value in block.items()} for block in blocks]
    return {row["GPO"]: row for row in rows if row}


@pytest.mark.parametrize(
    ("before", "sids"),
    [
        pytest.param(template(), SIDS, id="another list"),
        pytest.param(template(), [], id="nobody"),
        pytest.param(template(), None, id="not defined"),
        pytest.param(None, SIDS, id="no template yet"),
    ],
)
def test_what_we_wrote_is_read_by_somebody_else(before, sids, directory, make_gpo, tell, samba_tool):
    gpo = make_gpo(before, extensions=OTHER, version=0x3FFFF)
    content = write_template(read_template(before) if before else None, sids)
    version, after_that = next_version(0x3FFFF), next_version(0x3FFFF, next_version(0x3FFFF))
    ini = read_gpt_ini(gpo.ini.read_bytes())
    change = {
        "guid": gpo.guid,
        "expected": gpo.state,
        "template": b64(content),
        "version": version,
        "extensions": with_pair(OTHER),
        "gpt_ini": b64(write_gpt_ini(ini, version)),
        "undo": {"version": after_that, "gpt_ini": b64(write_gpt_ini(ini, after_that))},
    }

    assert tell(directory.machine(), "gpo_right", change=change)["outcome"] == "applied"

    rows = [printed(samba_tool("listall"))[gpo.guid], printed(samba_tool("show", gpo.guid))[gpo.guid]]
    assert [row["version"] for row in rows] == [str(0x30001)] * 2
    assert [row["path"] for row in rows] == [rf"\\{REALM}\sysvol\{REALM}\Policies\{gpo.guid}"] * 2
    wanted = None if sids is None else [f"*{sid}" for sid in sids]
    rights = dict(directory.ask("template", b64(gpo.template.read_bytes()))["Privilege Rights"])
    assert rights.get(RIGHT) == ([""] if wanted == [] else wanted)
    # As `samba-tool gpo manage` reads it, which asks for it over SMB.
    reader = configparser.ConfigParser(interpolation=None)
    reader.optionxform = str
    reader.read_string(gpo.template.read_bytes().decode("utf-16"))
    assert reader["Privilege Rights"].get(RIGHT) == (None if wanted is None else ",".join(wanted))
    folder = configparser.ConfigParser()
    folder.read_string(gpo.ini.read_text())
    assert folder["General"]["version"] == str(0x30001)


def test_links_that_somebody_else_made(directory, make_gpo, ask, samba_tool):
    gpo, second = make_gpo(), make_gpo()
    ou = f"OU=Linked {gpo.guid[1:9]},{directory.dn}"
    directory.ask("add", ou, {"objectClass": "organizationalUnit"})
    try:
        samba_tool("setlink", ou, gpo.guid, "--enforce")
        samba_tool("setlink", ou, second.guid, "--disable")
        samba_tool("setinheritance", ou, "block")
        (som,) = ask(gpo.guid)["links"]
    finally:
        directory.ask("remove", ou)

    assert (som["som"], som["kind"], som["block"]) == (ou, "ou", True)
    assert {row["guid"]: row["options"] for row in som["links"]} == {gpo.guid: 2, second.guid: 1}


def test_a_template_that_somebody_else_wrote(make_gpo, ask):
    """samba-tool writes templates with Python's ConfigParser: UTF-8 without a mark, LF."""
    gpo = make_gpo(f"[Privilege Rights]\n{RIGHT} = *S-1-5-19,*S-1-5-6\n\n".encode())

    answer = ask(gpo.guid)

    assert [one["asked"] for one in answer["accounts"]] == ["*S-1-5-19", "*S-1-5-6"]

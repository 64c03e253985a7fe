# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts have not taken the last change of their GPO yet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import FLOOR
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.gpo_pending import with_pending
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of

DEFAULT = "{31B2F340-016D-11D2-945F-00C04FB984F9}"
GUID, IIS, USERS = "{11111111-2222-3333-4444-5555555555AB}", "S-1-5-32-568", "S-1-5-32-545"


def host(also=(), extra=(), lacking=(), domain=None, **more):
    controller = {
        "kind": "gpo", "name": "Web", "guid": GUID.lower(), "link": None, "precedence": 1, "status": "applied", "error": None,
        "provider": None, "evidence": "rsop", "as_of": "2026-01-31T08:00:00.1234567Z", "why": "", "losers": [], "pending": None,
        "version": None, "extra": None if extra is None else list(extra), "lacking": list(lacking), **more,
    }  # fmt: skip
    holders = [{"sid": sid, "name": None} for sid in sorted({*FLOOR, *also})]
    computer = {"dns_domain": domain}
    return {**record_of("web01", None), "computer": computer, "controller": controller, "holders": holders, "reason": "x"}


def gpos(*sids, state="defined", read_at="2026-01-31T08:15:00Z", version=None, folder_version="the same", guid=GUID):
    row = {"guid": guid, "name": "Web", "state": state, "holders": [{"sid": sid} for sid in sids]}
    folder_version = version if folder_version == "the same" else folder_version
    return {"domain": "sim.example", "read_at": read_at, "gpos": [{**row, "version": version, "folder_version": folder_version}]}


@pytest.mark.parametrize(
    ("record", "section", "pending"),
    [
        pytest.param(host(), gpos(*FLOOR), False, id="the same list"),
        pytest.param(host(), gpos(*FLOOR, IIS), True, id="an account was added to the GPO"),
        pytest.param(host([IIS]), gpos(*FLOOR), True, id="an account was taken from the GPO"),
        pytest.param(host([USERS], extra=[USERS]), gpos(*FLOOR), False, id="a holder beside the list is no change of the GPO"),
        pytest.param(host(lacking=[IIS]), gpos(*FLOOR, IIS), False, id="a holder that is lacking is no change of the GPO"),
        pytest.param(host(), gpos(), False, id="the floor says nothing"),
        pytest.param(host([IIS]), gpos(state="nobody"), True, id="nobody"),
        pytest.param(host(), gpos(state="not_defined"), True, id="no longer defined"),
        pytest.param(host(), gpos(state=None), None, id="a template that is not known"),
        pytest.param(host(), gpos(*FLOOR, None), None, id="a name without a SID"),
        pytest.param(host(extra=None), gpos(*FLOOR, IIS), None, id="a list that could not be compared"),
        pytest.param(host(as_of="2026-01-31T09:00:00Z"), gpos(*FLOOR, IIS), None, id="the host refreshed after the GPOs were read"),
        pytest.param(host(as_of=None), gpos(*FLOOR, IIS), None, id="no time"),
        pytest.param(host(kind="stale"), gpos(*FLOOR, IIS), None, id="RSoP that is too old"),
        pytest.param(host(guid="{0}"), gpos(*FLOOR, IIS), None, id="another GPO"),
        pytest.param(host(), None, None, id="GPOs that were not read"),
        pytest.param(
            host(guid=DEFAULT, domain="sim.example"), gpos(*FLOOR, IIS, guid=DEFAULT), True, id="a default GPO of its domain"
        ),
        pytest.param(
            host(guid=DEFAULT, domain="other.example"), gpos(*FLOOR, IIS, guid=DEFAULT), None, id="a default GPO of another domain"
        ),
        pytest.param(host(guid=DEFAULT), gpos(*FLOOR, IIS, guid=DEFAULT), True, id="a default GPO of a domain that is not known"),
        pytest.param(host(domain="other.example"), gpos(*FLOOR, IIS), True, id="a GPO of another domain by its GUID"),
    ],
)
def test_whether_a_host_waits_for_group_policy(record, section, pending):
    (marked,) = with_pending([record], section)

    assert marked["controller"]["pending"] is pending
    assert any("has not applied yet" in note for note in marked["notes"]) is (pending is True)
    assert marked["reason"].startswith("pending: ") is (pending is True)
    assert marked["status"] == record["status"]


BOTH = 3 << 16
"""Three changes for users."""


@pytest.mark.parametrize(
    ("version", "section", "pending", "noted"),
    [
        pytest.param(4, gpos(*FLOOR, IIS, version=5), True, "(version 5 for computers)", id="an earlier version and its list"),
        pytest.param(4, gpos(*FLOOR, version=5), False, None, id="an earlier version whose list is the same"),
        pytest.param(4, gpos(state=None, version=5), True, "another version in the domain", id="an earlier version, and a template that is not known"),
        pytest.param(4, gpos(*FLOOR, None, version=5), True, "(it has 4)", id="an earlier version, and a name without a SID"),
        pytest.param(4, gpos(state="not_defined", version=5), True, "another list in the domain", id="an earlier version that defined it"),
        pytest.param(5, gpos(*FLOOR, IIS, version=5), False, "changed without a new version", id="the same version with another list"),
        pytest.param(5, gpos(*FLOOR, version=5), False, None, id="the same version and list"),
        pytest.param(5, gpos(state=None, version=5), False, None, id="the same version, and a template that is not known"),
        pytest.param(5, gpos(state="not_defined", version=5), False, "gpupdate /force", id="the same version that defined it on the host alone"),
        pytest.param(BOTH + 5, gpos(*FLOOR, IIS, version=BOTH + 5), False, "version 5 for", id="the whole version, the same"),
        pytest.param(5, gpos(*FLOOR, IIS, version=BOTH + 5), False, "version 5 for", id="the half for computers, the same"),
        pytest.param((5 << 16) + 5, gpos(*FLOOR, IIS, version=BOTH + 5), False, "version 5 for", id="folder above container, the same"),
        pytest.param(BOTH + 5, gpos(*FLOOR, IIS, version=(4 << 16) + 5), False, "version 5 for", id="only the users' half has changed"),
        pytest.param(0xFFFFFFFF, gpos(*FLOOR, IIS, version=-1), False, "version 65535 for", id="with a sign and without"),
        pytest.param(65535, gpos(*FLOOR, IIS, version=1), True, "(it has 65535)", id="1 comes after 65535"),
        pytest.param(131071, gpos(*FLOOR, IIS, version=65537), True, "(it has 65535)", id="and in the whole version"),
        pytest.param(6, gpos(*FLOOR, IIS, version=5), True, "(it has 6)", id="a version that the domain controller has not"),
        pytest.param(0, gpos(*FLOOR, IIS, version=5), True, "another list in the domain by now, which", id="none was logged: the lists"),
        pytest.param(65536, gpos(*FLOOR, version=65536), False, None, id="no change for computers was ever counted: the lists"),
        pytest.param(None, gpos(*FLOOR, IIS, version=5), True, "another list in the domain by now, which", id="not known: the lists"),
        pytest.param(5, gpos(*FLOOR, IIS), True, "another list in the domain by now, which", id="not known of the domain: the lists"),
        pytest.param(5, gpos(*FLOOR, IIS, version=5, folder_version=4), True, "another list in the domain by now, which",
                     id="that of the container, and the folder has another: the lists"),
        pytest.param(4, gpos(*FLOOR, IIS, version=5, folder_version=4), True, "another list in the domain by now, which",
                     id="that of the folder: the lists"),
        pytest.param(3, gpos(*FLOOR, None, version=5, folder_version=4), True, "(it has 3)", id="none of the two"),
        pytest.param(5, gpos(*FLOOR, IIS, version=5, folder_version=None), True, "another list in the domain by now, which",
                     id="that of the folder is not known: the lists"),
    ],
)  # fmt: skip
def test_the_version_tells_whether_a_host_has_seen_the_change(version, section, pending, noted):
    (marked,) = with_pending([host(version=version)], section)

    assert marked["controller"]["pending"] is pending
    assert len(marked["notes"]) == (noted is not None)
    assert (noted or "") in " ".join(marked["notes"])
    assert marked["reason"].startswith("pending: ") is (pending is True)


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        pytest.param("applied", "for example, the list was changed without a new version", id="applied"),
        pytest.param(None, "for example, the list was changed without a new version", id="not known"),
        pytest.param("failed", "for example, the host tells of its application: failed, or the list was changed", id="failed"),
        pytest.param("not attempted", "for example, the host tells of its application: not attempted, or", id="not attempted"),
    ],
)
def test_another_list_under_the_same_version_may_have_several_causes(status, cause):
    (marked,) = with_pending([host(version=5, status=status)], gpos(*FLOOR, IIS, version=5))

    assert cause in marked["notes"][0]


def test_a_record_of_an_earlier_release_has_no_version():
    record = host()
    del record["controller"]["version"]

    (marked,) = with_pending([record], gpos(*FLOOR, IIS, version=5))

    assert marked["controller"]["pending"] is True


@given(st.integers(0, 2**32 - 1), st.integers(-(2**31), 2**32 - 1))
def test_versions_are_compared_by_the_count_for_computers_alone(seen, there):
    (marked,) = with_pending([host(version=seen)], gpos(*FLOOR, IIS, version=there))

    same = seen % 2**16 != 0 and (seen - there) % 2**16 == 0
    assert marked["controller"]["pending"] is not same


def test_hosts_without_a_controller_stay_as_they_are():
    record = record_of("web01", None)

    assert with_pending([record], gpos(*FLOOR)) == [record]

# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which folders are there when a job of AWX has ended."""

from __future__ import annotations

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.lasting import ends_with_job, outlives

MOUNTS = """overlay / overlay rw,relatime 0 0
tmpfs /dev tmpfs rw 0 0
/dev/sda1 /runner ext4 rw 0 0
/dev/sda1 /data ext4 rw 0 0
server:/export /srv/re\\040ports nfs4 rw 0 0
overlay /etc/krb5 overlay rw 0 0
/dev/sdb /data/scratch xfs rw 0 0
tmpfs /data/scratch tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kept"),
    [
        pytest.param("/data", True, id="a mount"),
        pytest.param("/data/reports/2026", True, id="below a mount"),
        pytest.param("/srv/re ports/x", True, id="a blank in its name"),
        pytest.param("/database", False, id="only the same beginning"),
        pytest.param("/srv/other", False, id="the container's own disk"),
        pytest.param("/runner/project/reports", False, id="the files of the job"),
        pytest.param("/work/reports", False, id="below the working directory"),
        pytest.param("/dev/shm/reports", False, id="memory"),
        pytest.param("/etc/krb5/x", False, id="an overlay over a mount"),
        pytest.param("/data/scratch/x", False, id="the upper one of two mounts"),
    ],
)
def test_a_folder_outlives_the_job_on_a_mount_of_its_own(folder, kept):
    assert outlives(folder, "/work", MOUNTS) is kept


def test_nothing_ends_with_a_job_outside_of_awx(tmp_path):
    assert not ends_with_job(tmp_path, {})
    assert ends_with_job("reports", {"awx_job_id": 1})

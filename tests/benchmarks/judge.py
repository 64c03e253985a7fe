# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU of the verdicts on many hosts by each shipped policy: five holders, one of them unexpected, and the names that a policy asks for.

PYTHONPATH=tests:.build/collections python tests/benchmarks/judge.py [--hosts 10000]
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import time

UTILS = "ansible_collections.winrights.seimpersonate.plugins.plugin_utils"
LIMIT = "limit for 10,000: < 0.8 s CPU each"
HELD = ("S-1-5-32-544", "S-1-5-6", "S-1-5-19", "S-1-5-20", "S-1-5-32-545")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=10_000)
    hosts = parser.parse_args().hosts
    facts, policies, expectation, verdict = (
        importlib.import_module(f"{UTILS}.{name}")
        for name in ("_facts.facts", "_play.policies", "_verdict.expectation", "_verdict.verdict")
    )
    tailoring = expectation.Tailoring(today=datetime.date(2026, 1, 31))
    print(f"{hosts:,} hosts; {LIMIT}")
    for name in ("microsoft", "cis", "stig"):
        policy = policies.policy_from(name, {})
        unmapped = facts.Resolution.UNMAPPED
        host = facts.HostFacts(
            holders=tuple(facts.Holder(sid, None, 5, facts.Resolution.LSA) for sid in HELD),
            computer=facts.Computer(name="WEB01", machine_role=3),
            windows=facts.Windows(product_type="ServerNT", sku=7, build=20348),
            iis=facts.Iis(),
            accounts=tuple(facts.AskedAccount(asked, None, None, 8, unmapped) for asked in policy.asked_names),
        )
        began = time.process_time()
        for _host in range(hosts):
            verdict.judge(host, policy, tailoring)
        print(f"{name:10} {time.process_time() - began:6.2f} s CPU")


if __name__ == "__main__":
    main()

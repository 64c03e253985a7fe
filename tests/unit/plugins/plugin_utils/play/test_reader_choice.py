# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reads the hosts of an audit, and which of them no thread can read beside others."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleUndefinedVariable

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.reader_choice import (
    OPTIONS,
    Looked,
    Run,
    checked,
    choose,
)

NTLM = {"ansible_connection": "winrm", "ansible_winrm_transport": "ntlm", "ansible_user": "SIM\\auditor"}


def hosts(count, **others):
    return {f"host{number}": {**NTLM, **others} for number in range(count)}


@pytest.mark.parametrize(
    ("wanted", "count", "run", "reader", "why"),
    [
        pytest.param("auto", 49, Run(), "host", "the number of hosts: fewer than 50", id="few"),
        pytest.param("auto", 50, Run(), "fleet", "50 hosts or more", id="many"),
        pytest.param("auto", 0, Run(), "host", "fewer than 50", id="none"),
        pytest.param("auto", 50, Run(awx=True), "host", "AWX", id="AWX"),
        pytest.param("auto", 50, Run(strategy="free"), "host", "the strategy free", id="a strategy that runs no task once"),
        pytest.param("auto", 50, Run(known=False), "host", "this release of ansible-core", id="a new ansible-core"),
        pytest.param("auto", 50, Run(delegated=True), "host", "0 of 50 can be read in threads", id="delegated"),
        pytest.param("auto", 50, Run(become=True), "host", "0 of 50 can be read in threads", id="become"),
        pytest.param("host", 500, Run(), "host", "as impersonate_reader says", id="host is asked for"),
        pytest.param("fleet", 1, Run(awx=True), "fleet", "as impersonate_reader says", id="fleet is asked for"),
    ],
)
def test_who_reads(wanted, count, run, reader, why):
    choice = choose(wanted, hosts(count), run)

    assert choice.reader == reader
    assert why in choice.why
    assert f"Reader: {reader} (" in choice.sentence


@pytest.mark.parametrize("run", [Run(strategy="host_pinned"), Run(known=False)], ids=str)
def test_a_reader_that_cannot_be_had_is_refused(run):
    with pytest.raises(BadInput, match="^reader: one task cannot read all hosts"):
        choose("fleet", hosts(1), run)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        pytest.param({}, None, id="winrm, NTLM"),
        pytest.param({"ansible_connection": "ansible.builtin.winrm"}, None, id="full name"),
        pytest.param({"ansible_winrm_transport": ["ntlm", "basic"]}, None, id="several transports"),
        pytest.param({"ansible_winrm_transport": None}, None, id="default transport for a user without a realm"),
        pytest.param({"ansible_connection": "psrp"}, None, id="psrp"),
        pytest.param({"ansible_connection": "psrp", "ansible_psrp_auth": "negotiate"}, None, id="psrp, Negotiate"),
        pytest.param({"ansible_become": False}, None, id="no become"),
        pytest.param({"ansible_become": "no"}, None, id="no become, as text"),
        pytest.param({"ansible_become": True}, "become", id="become"),
        pytest.param({"ansible_become": "{{ b }}"}, "become", id="perhaps become"),
        pytest.param({"ansible_connection": "ssh"}, "connection ssh", id="ssh"),
        pytest.param({"ansible_connection": "local"}, "connection local", id="local"),
        pytest.param({"ansible_connection": None}, "connection ssh", id="the connection of the play"),
        pytest.param({"ansible_connection": "{{ c }}"}, "a template for the connection", id="a template"),
        pytest.param({"ansible_winrm_transport": "kerberos"}, "Kerberos", id="Kerberos"),
        pytest.param({"ansible_winrm_transport": ["ntlm", "kerberos"]}, "Kerberos", id="Kerberos among others"),
        pytest.param({"ansible_winrm_transport": "{{ t }}"}, "Kerberos", id="perhaps Kerberos"),
        pytest.param({"ansible_winrm_transport": None, "ansible_user": "a@SIM.EXAMPLE"}, "Kerberos", id="a user with a realm"),
        pytest.param({"ansible_winrm_transport": "", "ansible_user": None}, "Kerberos", id="a user of the command line"),
        pytest.param({"ansible_connection": "psrp", "ansible_psrp_auth": "kerberos"}, "Kerberos", id="psrp, Kerberos"),
    ],
)
def test_hosts_that_are_read_alone(values, why):
    choice = choose("fleet", {"odd": {**NTLM, **values}, "host": NTLM}, Run())

    assert choice.alone == ({"odd": why} if why else {})
    assert not why or f"a process for each of 1 of them ({why})" in choice.sentence


def test_a_few_odd_hosts_do_not_change_who_reads_the_others():
    choice = choose("auto", {**hosts(50), "odd": {**NTLM, "ansible_connection": "ssh"}}, Run())

    assert (choice.reader, choice.alone) == ("fleet", {"odd": "connection ssh"})


@pytest.mark.parametrize(
    ("threads", "alone", "reader", "why"),
    [
        pytest.param(100, 9_900, "host", "for most of them, 9900 of 10000, a process each would be needed (Kerberos)", id="most"),
        pytest.param(
            60, 61, "host", "for most of them, 61 of 121, a process each would be needed (Kerberos)", id="one more than half"
        ),
        pytest.param(60, 60, "fleet", "50 hosts or more", id="half of them"),
    ],
)
def test_where_most_hosts_are_read_alone_each_has_its_own_task(threads, alone, reader, why):
    kerberos = {f"odd{number}": {**NTLM, "ansible_winrm_transport": "kerberos"} for number in range(alone)}

    choice = choose("auto", {**hosts(threads), **kerberos}, Run())

    assert (choice.reader, why in choice.why) == (reader, True), choice.why
    assert choose("fleet", {**hosts(threads), **kerberos}, Run()).reader == "fleet"


class Undefined(dict):
    """Variables of a host, one of which is a template without a value."""

    def __getitem__(self, name):
        if name == "ansible_winrm_transport":
            raise AnsibleUndefinedVariable("'t' is undefined")
        return super().__getitem__(name)


@pytest.mark.parametrize(
    ("of_task", "alone"),
    [
        pytest.param(NTLM, {"host1"}, id="as the inventory says"),
        pytest.param({**NTLM, "ansible_connection": "ssh"}, {"host0", "host1"}, id="the play says otherwise"),
        pytest.param({**NTLM, "ansible_become": True}, {"host0", "host1"}, id="the play says more"),
        pytest.param({**NTLM, "ansible_winrm_transport": "kerberos"}, {"host0", "host1"}, id="an extra variable"),
    ],
)
def test_variables_of_the_play_count_for_all_hosts_and_an_unknown_one_for_its_host(of_task, alone):
    looked = Looked(of_task)
    looked.look("host0", NTLM)
    looked.look("host1", Undefined(NTLM))

    assert set(choose("fleet", looked.effective(NTLM), Run()).alone) == alone


TEMPLATE = {**NTLM, "ansible_winrm_transport": None, "ansible_user": "{{ vault_user }}"}
"""As a group has it. A look at a host's variables gives the value, the variables of a task and those of an inventory as it is written the template."""


@pytest.mark.parametrize(
    ("of_task", "alone"),
    [
        pytest.param({}, {"realm"}, id="of the inventory"),
        pytest.param({"ansible_user": "{{ another }}"}, {"plain", "realm"}, id="another template, of the play"),
        pytest.param({"ansible_user": "SIM\\auditor"}, set(), id="a value, of the play"),
    ],
)
def test_a_template_of_the_inventory_is_what_each_host_makes_of_it(of_task, alone):
    looked = Looked({**TEMPLATE, **of_task})
    looked.look("plain", {**TEMPLATE, "ansible_user": "SIM\\auditor"})
    looked.look("realm", {**TEMPLATE, "ansible_user": "auditor@SIM.EXAMPLE"})

    assert set(choose("fleet", looked.effective(TEMPLATE), Run()).alone) == alone


GOOD = {"reader_threads": 1, "reader_processes": 0, "reader_host_timeout": 1.0, "reader_fleet_timeout": 0.0, "reader_retries": 0}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        pytest.param("reader_threads", 0, id="no thread"),
        pytest.param("reader_processes", -1, id="less than no process"),
        pytest.param("reader_retries", -1, id="less than no retry"),
        pytest.param("reader_host_timeout", 0.5, id="less than a second"),
        pytest.param("reader_host_timeout", float("nan"), id="not a number"),
        pytest.param("reader_host_timeout", float("inf"), id="no limit for a host"),
        pytest.param("reader_fleet_timeout", -1.0, id="less than no time"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(option, value):
    assert set(checked(GOOD)) == {*OPTIONS}
    with pytest.raises(BadInput, match=f"^{option}: .* is not a number from"):
        checked({**GOOD, option: value})

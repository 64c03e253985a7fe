# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reads the hosts of an audit, and which of them no thread can read beside others."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError, AnsibleUndefinedVariable

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.reader_choice import (
    OPTIONS,
    Looked,
    Run,
    checked,
    choose,
    shares_of,
)

KERBEROS = {"ansible_winrm_transport": "kerberos", "ansible_user": "auditor@SIM.EXAMPLE", "ansible_password": "Simulated-{1"}
OWN_LOGIN = "Kerberos, with a login of its own"
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
        pytest.param(KERBEROS, OWN_LOGIN, id="Kerberos"),
        pytest.param({"ansible_winrm_transport": ["ntlm", "kerberos"]}, OWN_LOGIN, id="Kerberos among others"),
        pytest.param({"ansible_winrm_transport": "{{ t }}"}, OWN_LOGIN, id="perhaps Kerberos"),
        pytest.param({"ansible_winrm_transport": None, "ansible_user": "a@SIM.EXAMPLE"}, OWN_LOGIN, id="a user with a realm"),
        pytest.param({"ansible_winrm_transport": "", "ansible_user": None}, OWN_LOGIN, id="a user of the command line"),
        pytest.param({**KERBEROS, "ansible_winrm_kinit_mode": "managed"}, OWN_LOGIN, id="managed Kerberos"),
        pytest.param({**KERBEROS, "ansible_winrm_kinit_mode": "manual"}, None, id="the user's own tickets"),
        pytest.param({**KERBEROS, "ansible_become": True}, "become", id="Kerberos and become"),
        pytest.param({"ansible_connection": "psrp", "ansible_psrp_auth": "kerberos"}, None, id="psrp, Kerberos"),
        pytest.param({"ansible_connection": "psrp", "ansible_psrp_auth": "{{ a }}"}, None, id="psrp, perhaps Kerberos"),
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
        pytest.param(100, 9_900, "host", "for most of them, 9900 of 10000, a process each would be needed (become)", id="most"),
        pytest.param(
            60, 61, "host", "for most of them, 61 of 121, a process each would be needed (become)", id="one more than half"
        ),
        pytest.param(60, 60, "fleet", "50 hosts or more", id="half of them"),
    ],
)
def test_where_most_hosts_are_read_alone_each_has_its_own_task(threads, alone, reader, why):
    odd = {f"odd{number}": {**NTLM, "ansible_become": True} for number in range(alone)}

    choice = choose("auto", {**hosts(threads), **odd}, Run())

    assert (choice.reader, why in choice.why) == (reader, True), choice.why
    assert choose("fleet", {**hosts(threads), **odd}, Run()).reader == "fleet"


OF_A_LOGIN = {**NTLM, **KERBEROS}


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param({}, {}, True, id="the same login"),
        pytest.param({"ansible_host": "a"}, {"ansible_host": "b"}, True, id="the same login at other addresses"),
        pytest.param({"ansible_winrm_transport": ["ntlm", "kerberos"]}, {}, True, id="other transports as well"),
        pytest.param({"ansible_user": "backup@SIM.EXAMPLE"}, {}, False, id="another user"),
        pytest.param({"ansible_winrm_user": "backup@SIM.EXAMPLE"}, {}, False, id="another user, by the other name"),
        pytest.param({"ansible_password": "another"}, {}, False, id="another password"),
        pytest.param({"ansible_winrm_password": "another"}, {}, False, id="another password, by the other name"),
        pytest.param({"ansible_ssh_pass": "another"}, {}, False, id="another password, by the old name"),
        pytest.param({"ansible_winrm_kinit_cmd": "/opt/kinit"}, {}, False, id="another program"),
        pytest.param({"ansible_winrm_kinit_args": "-l 10m"}, {}, False, id="other arguments"),
        pytest.param({"ansible_winrm_kinit_env_vars": ["KRB5_CONFIG"]}, {}, False, id="another environment"),
        pytest.param({"ansible_winrm_kerberos_delegation": True}, {}, False, id="delegation"),
    ],
)
def test_hosts_of_one_kerberos_login_share_processes_and_others_never_do(first, second, same):
    fleet = {name: {**OF_A_LOGIN, **first} for name in ("a", "b")} | {name: {**OF_A_LOGIN, **second} for name in ("c", "d")}

    choice = choose("fleet", {**fleet, "ntlm": NTLM}, Run())

    assert [set(group) for group in choice.logins] == ([{"a", "b", "c", "d"}] if same else [{"a", "b"}, {"c", "d"}])
    assert choice.alone == {}
    assert f"processes of its own for each Kerberos login: {len(choice.logins)} for 4 of them)" in choice.sentence


@pytest.mark.parametrize(
    ("values", "run", "why"),
    [
        pytest.param({"ansible_user": "{{ vault_user }}"}, Run(), "Kerberos, with a template for the login", id="user"),
        pytest.param(
            {"ansible_password": "{% if a %}b{% endif %}"}, Run(), "Kerberos, with a template for the login", id="password"
        ),
        pytest.param({"ansible_winrm_kinit_args": "{{ a }}"}, Run(), "Kerberos, with a template for the login", id="arguments"),
        pytest.param({"ansible_winrm_kinit_mode": "{{ m }}"}, Run(), "Kerberos, with a template for the login", id="mode"),
        pytest.param(
            {"ansible_user": None}, Run(user=lambda: "{{ u }}"), "Kerberos, with a template for the login", id="remote_user"
        ),
        pytest.param({}, Run(user=lambda: "{{ u }}"), None, id="remote_user that does not count"),
        pytest.param({"ansible_user": None}, Run(user=lambda: "auditor@SIM.EXAMPLE"), None, id="remote_user for all of them"),
        pytest.param({}, Run(shares_tickets=lambda: False), "Kerberos, with this winrm connection", id="a new plugin"),
    ],
)
def test_hosts_whose_login_is_not_known_are_read_alone(values, run, why):
    choice = choose("fleet", {name: {**OF_A_LOGIN, **values} for name in ("a", "b")}, run)

    assert choice.alone == ({"a": why, "b": why} if why else {})
    assert choice.logins == ([] if why else [("a", "b")])


def test_a_domain_with_kerberos_is_read_by_one_task():
    choice = choose("auto", hosts(50, **KERBEROS), Run())

    assert (choice.reader, list(map(len, choice.logins)), choice.alone) == ("fleet", [50], {})


@pytest.mark.parametrize(
    ("alone", "logins", "processes", "shares"),
    [
        pytest.param([], [], 2, ([4, 4], [], []), id="threads"),
        pytest.param([], [], 16, ([1] * 8, [], []), id="more processes than hosts"),
        pytest.param(["h0", "h7"], [], 2, ([3, 3], [], [1, 1]), id="some alone"),
        pytest.param([], [["h0", "h1"], ["h2", "h3", "h4"]], 2, ([2, 1], [2, 3], []), id="two logins, one process each"),
        pytest.param([], [["h0", "gone"], ["left", "play"]], 2, ([4, 3], [1], []), id="hosts that left the play"),
        pytest.param(["h1"], [["h0", "h1"]], 1, ([6], [1], [1]), id="one that is to be alone is"),
    ],
)
def test_every_host_is_read_by_one_process(alone, logins, processes, shares):
    names = [f"h{number}" for number in range(8)]

    found = shares_of(names, alone, logins, processes)

    assert tuple([len(share) for share in kind] for kind in found) == shares
    assert sorted(host for kind in found for share in kind for host in share) == names
    assert all(len([group for group in logins if set(group) & set(share)]) == 1 for share in found[1])


@pytest.mark.parametrize("name", ["\ud800", "höst", ""], ids=ascii)
def test_a_host_with_any_name_is_read(name):
    assert sorted(host for share in shares_of(["a", name], [], [], 2)[0] for host in share) == sorted(["a", name])


@pytest.mark.parametrize("every", [2, 10, 20])
@pytest.mark.parametrize("form", ["host{:05}", "srv{}.corp.example", "cluster{}-a"])
def test_hosts_with_a_place_in_common_are_spread_over_the_processes(form, every):
    """Every other host may be the passive node of a cluster, every tenth one switched off: none of the processes has most of them."""
    names = [form.format(number) for number in range(1000)]
    alike = set(names[::every])

    shares = shares_of(names, [], [], 2)[0]

    assert all(0.4 < len(alike & set(share)) / len(alike) < 0.6 for share in shares)


@pytest.mark.parametrize(
    ("count", "processes"),
    [pytest.param(50, 1, id="few"), pytest.param(51, 2, id="some"), pytest.param(500, 8, id="not more than for others")],
)
def test_many_hosts_of_a_login_have_as_many_processes_as_others(count, processes):
    names = [f"h{number}" for number in range(count)]

    assert len(shares_of(names, [], [names], 8)[1]) == processes


class Undefined(dict):
    """Variables of a host, one of which is a template without a value."""

    def __getitem__(self, name):
        if name == "ansible_winrm_transport":
            raise AnsibleUndefinedVariable("'t' is undefined")
        return super().__getitem__(name)


@pytest.mark.parametrize(
    ("for_all", "alone"),
    [
        pytest.param({}, {"host1"}, id="as the inventory says, perhaps Kerberos"),
        pytest.param({"ansible_connection": "ssh"}, {"host0", "host1"}, id="the play says otherwise"),
        pytest.param({"ansible_become": True}, {"host0", "host1"}, id="the play says more"),
        pytest.param({"ansible_winrm_transport": "kerberos"}, set(), id="Kerberos for all of them"),
    ],
)
def test_variables_of_the_play_count_for_all_hosts_and_an_unknown_one_for_its_host(for_all, alone):
    looked = Looked(for_all)
    looked.look("host0", NTLM)
    looked.look("host1", Undefined(NTLM))

    assert set(choose("fleet", looked.hosts, Run()).alone) == alone


class Vaulted:
    """A value of a vault as ansible-core before 2.19 has it: its text, and whether it is another's, needs the secret."""

    __ENCRYPTED__ = True

    def __init__(self, text=None):
        self._text = text

    def __str__(self):
        if self._text is None:
            raise AnsibleError("Attempting to decrypt but no vault secrets found")
        return self._text

    def __eq__(self, other):
        return str(self) == other

    def __bool__(self):
        return bool(str(self))

    __hash__ = None


TEMPLATE_FOR_LOGIN = "Kerberos, with a template for the login"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param("ansible_password", TEMPLATE_FOR_LOGIN, id="password"),
        pytest.param("ansible_user", TEMPLATE_FOR_LOGIN, id="user"),
        pytest.param("ansible_winrm_kinit_args", TEMPLATE_FOR_LOGIN, id="arguments"),
        pytest.param("ansible_connection", "a template for the connection", id="connection"),
        pytest.param("ansible_become", "become", id="become"),
    ],
)
def test_a_host_whose_vault_cannot_be_opened_is_read_alone(name, why):
    looked = Looked({})
    looked.look("spoilt", {**OF_A_LOGIN, name: Vaulted()})
    for host in ("a", "b"):
        looked.look(host, OF_A_LOGIN)

    choice = choose("fleet", looked.hosts, Run())

    assert (choice.alone, choice.logins) == ({"spoilt": why}, [("a", "b")])


def test_a_value_of_a_vault_is_what_is_in_it():
    looked = Looked({})
    for host in ("a", "b"):
        looked.look(host, {**OF_A_LOGIN, "ansible_password": Vaulted("of all")})
    looked.look("c", {**OF_A_LOGIN, "ansible_password": Vaulted("of c")})

    assert choose("fleet", looked.hosts, Run()).logins == [("a", "b")]


TEMPLATE = {**NTLM, "ansible_winrm_transport": None, "ansible_user": "{{ vault_user }}"}
"""As a group has it. A look at a host's variables gives the value, the variables that are set for all of them the template."""
DEFAULT = "ansible_winrm_password"


@pytest.mark.parametrize(
    ("for_all", "alone"),
    [
        pytest.param({}, {"realm"}, id="of the inventory"),
        pytest.param({"ansible_user": "{{ another }}"}, {"plain", "realm"}, id="another template, of the play"),
        pytest.param({"ansible_user": "SIM\\auditor"}, set(), id="a value, of the play"),
    ],
)
def test_a_template_of_the_inventory_is_what_each_host_makes_of_it(for_all, alone):
    looked = Looked(for_all)
    looked.look("plain", {**TEMPLATE, "ansible_user": "SIM\\auditor"})
    looked.look("realm", {**TEMPLATE, "ansible_user": "auditor@SIM.EXAMPLE"})

    assert set(choose("fleet", looked.hosts, Run()).alone) == alone


@pytest.mark.parametrize(
    ("for_all", "second", "logins"),
    [
        pytest.param({}, {}, [("a", "b")], id="of the inventory"),
        pytest.param({}, {"ansible_password": "another"}, [], id="another password"),
        pytest.param(
            {"ansible_password": "of the play"}, {"ansible_password": "another"}, [("a", "b")], id="the play's password counts"
        ),
        pytest.param({"ansible_password": "{{ of_host }}"}, {}, [], id="a template of the play"),
        pytest.param({DEFAULT: "of a role"}, {}, [("a", "b")], id="the default of a role, for all of them"),
        pytest.param({DEFAULT: "of a role"}, {DEFAULT: "own"}, [], id="the default of a role, for those that have none"),
        pytest.param({"ansible_winrm_kinit_mode": "manual"}, {}, [], id="the user's own tickets"),
    ],
)
def test_a_login_is_what_counts_for_the_host(for_all, second, logins):
    looked = Looked(for_all, [DEFAULT])
    looked.look("a", OF_A_LOGIN)
    looked.look("b", {**OF_A_LOGIN, **second})

    assert choose("fleet", looked.hosts, Run()).logins == logins


def test_the_password_of_a_host_without_kerberos_is_not_looked_at():
    looked = Looked({})
    looked.look("host", {**NTLM, "ansible_password": "Simulated-1"})

    assert "ansible_password" not in looked.hosts["host"]


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

# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of Windows that the model may use are those of public documents, and all of them are used by some machine."""

from __future__ import annotations

import pytest

from fleet.windows import registry, schema
from fleet.windows.grouppolicy import Rsop
from fleet.windows.machine import Iis, Machine, Running


@pytest.mark.parametrize(
    ("path", "name", "value", "message"),
    [
        pytest.param(registry.CURRENT_VERSION, "UBRevision", 1, "no value UBRevision", id="a value that no document has"),
        pytest.param(registry.CURRENT_VERSION, "UBR", "2340", "is REG_DWORD", id="a number as a text"),
        pytest.param(
            registry.SERVICES + r"\Spooler", "RequiredPrivileges", "SeTcbPrivilege", "is REG_MULTI_SZ", id="a list as a text"
        ),
        pytest.param(r"HKLM:\SOFTWARE\Fleet", "Start", 2, "no value Start", id="a key that no document has"),
    ],
)
def test_the_model_cannot_invent_a_value(path, name, value, message):
    with pytest.raises(schema.SchemaError, match=message):
        schema.check_value(path, name, value)


def test_a_damaged_registry_is_told_on_purpose_only():
    machine = Machine.member_server("HOST01", running={"Spooler": Running(sid_type=registry.Odd("1"))})

    assert registry.registry(machine)[registry.SERVICES + r"\Spooler"]["ServiceSidType"] == "1"


def test_a_damaged_value_has_a_name_of_windows_all_the_same():
    machine = Machine("HOST01", mdm={"ImpersonateClients": registry.Odd(1)})

    with pytest.raises(schema.SchemaError, match="no value ImpersonateClients"):
        registry.registry(machine)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(r"hklm:\software\microsoft\INETSTP", id="in any case"),
        pytest.param(registry.SERVICES + r"\any", id="one name of any kind"),
        pytest.param(registry.JOIN_INFO, id="a key without values"),
    ],
)
def test_a_key_that_windows_has(path):
    assert schema.values_of(path) is not None


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(registry.SERVICES + r"\any\Parameters", id="deeper than the schema goes"),
        pytest.param(r"HKLM:\SOFTWARE\Microsoft\InetStp2", id="another name"),
    ],
)
def test_a_key_that_no_document_has(path):
    assert schema.values_of(path) is None


@pytest.mark.parametrize(
    ("space", "class_name", "row"),
    [
        pytest.param("root/cimv2", "Win32_Service", {"Name": "a", "StartAccount": "b"}, id="a property"),
        pytest.param("root/rsop/computer", "RSOP_GPO", {"guid": "{0}"}, id="guid instead of guidName"),
    ],
)
def test_the_model_cannot_invent_a_property(space, class_name, row):
    with pytest.raises(schema.SchemaError, match=f"no {class_name}"):
        schema.complete(space, class_name, row)


def test_an_instance_has_every_property_of_its_class():
    row = schema.complete("root/cimv2", "Win32_Service", {"Name": "a"})

    assert (row["Name"], row["State"]) == ("a", None)
    assert "StartName" in row


def test_the_fields_of_both_events_are_at_the_places_of_the_manifest():
    fields = ["SubjectUserSid", "SubjectUserName", "SubjectDomainName", "SubjectLogonId", "TargetSid", "PrivilegeList"]

    assert schema.event_fields(4704) == schema.event_fields(4705) == fields


MACHINES = (
    Machine.member_server("HOST01", iis=Iis(), running={"Spooler": Running(required=("SeTcbPrivilege",), sid_type=1)}),
    Machine(
        "HOST02",
        entra_joined=True,
        sysvol=r"C:\Windows\SYSVOL\sysvol",
        rsop=Rsop(logging_policy=1, logging_preference=1),
        mdm={
            "BackupFilesAndDirectories": "",
            "ImpersonateClient": "",
            "ImpersonateClient_ProviderSet": 1,
            "ImpersonateClient_WinningProvider": "{0}",
        },
    ),
)


def test_every_value_of_the_schema_is_told_by_a_machine():
    """A wrong name in the payload is then a difference between the engine and the emulator."""
    told = {
        f"{pattern}\\{name}"
        for machine in MACHINES
        for path, values in registry.registry(machine).items()
        for pattern, key in schema.registry_keys().items()
        if schema.values_of(path) is key["values"]
        for name in values
        if name in key["values"]
    }
    known = {f"{pattern}\\{name}" for pattern, key in schema.registry_keys().items() for name in key["values"] if name != "*"}

    assert known == told


def test_each_name_has_its_source():
    for key in schema.registry_keys().values():
        assert key.get("source") or key["values"]
        assert all(value["source"] and value["kind"] in ("REG_SZ", "REG_DWORD", "REG_MULTI_SZ") for value in key["values"].values())


def test_what_no_public_document_shows_is_marked():
    assert {name.rpartition("\\")[2] for name in schema.unproven()} == {
        "ImpersonateClient",
        "ImpersonateClient_ProviderSet",
        "ImpersonateClient_WinningProvider",
        "RSoPLogging",
    }


def test_the_page_of_windows_lists_what_is_unproven(checkout):
    page = (checkout / "docs" / "windows.md").read_text(encoding="utf-8")

    assert [name for name in schema.unproven() if f"`{name.rpartition(chr(92))[2]}`" not in page] == []

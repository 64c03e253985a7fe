#!powershell
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Brings one Group Policy Object to what it is told, on the domain controller that is the PDC emulator; or, asked to read, prints what
# the domain has of Group Policy Objects that concern SeImpersonatePrivilege. One JSON object either way.

#Requires -Version 5.1
#AnsibleRequires -CSharpUtil ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights
#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._RightReport
#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._GpoReport
#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._GpoChange

Set-StrictMode -Version 2.0

$mode = [string] $ExecutionContext.SessionState.LanguageMode
if ($mode -ne 'FullLanguage') {
    # Nothing below could run: types of our own are not allowed in such a session.
    '{"changed":false,"failed":true,' +
    '"msg":"The GPO was not changed: PowerShell runs in ' + $mode + ' mode here.",' +
    '"outcome":"not_started","before":null,"after":null,"attempted":[],"undone":[],' +
    '"error":{"call":"language mode","status":null},"session":{"language_mode":"' + $mode + '"}}'
}
else {
    $report = if ($null -ne $complex_args['change']) { Set-Gpo -Asked $complex_args['change'] } else { Get-GpoReport -Asked $complex_args['read'] }
    ConvertTo-AsciiJson -Report $report
}

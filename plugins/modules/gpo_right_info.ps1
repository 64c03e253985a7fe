#!powershell
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Prints what the domain of this domain controller has of Group Policy Objects that concern SeImpersonatePrivilege. Reads only.

#Requires -Version 5.1
#AnsibleRequires -CSharpUtil ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights
#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._RightReport
#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._GpoReport

Set-StrictMode -Version 2.0

$mode = [string] $ExecutionContext.SessionState.LanguageMode
if ($mode -ne 'FullLanguage') {
    # No types of our own here.
    '{"changed":false,"failed":true,' +
    '"msg":"The GPOs of the domain cannot be read: PowerShell runs in ' + $mode + ' mode here.",' +
    '"error":{"call":"language mode","status":null},"session":{"language_mode":"' + $mode + '"}}'
}
else {
    ConvertTo-AsciiJson -Report (Get-GpoReport -Asked $complex_args)
}

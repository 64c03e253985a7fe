#!powershell
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Prints who holds SeImpersonatePrivilege here, as one JSON object. Reads only.

#Requires -Version 5.1
#AnsibleRequires -CSharpUtil ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights
#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._RightContext
#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._RightReport

Set-StrictMode -Version 2.0

$mode = [string] $ExecutionContext.SessionState.LanguageMode
if ($mode -ne 'FullLanguage') {
    # No types of our own here.
    '{"changed":false,"failed":true,' +
    '"msg":"The holders of SeImpersonatePrivilege cannot be read: PowerShell runs in ' + $mode + ' mode here.",' +
    '"error":{"call":"language mode","status":null},"session":{"language_mode":"' + $mode + '"}}'
}
else {
    ConvertTo-AsciiJson -Report (Get-RightReport -Asked $complex_args -Exposure $complex_args['exposure'])
}

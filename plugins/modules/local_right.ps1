#!powershell
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Sets a user right: gives SeImpersonatePrivilege to some accounts and takes it from others, as it is told; or, asked to
# read, prints who holds it and which services and application pools a change would concern. One JSON object either way.

#Requires -Version 5.1
#AnsibleRequires -CSharpUtil ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights
#AnsibleRequires -CSharpUtil ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaChange
#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._RightContext
#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._RightReport
#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._RightChange

Set-StrictMode -Version 2.0

$mode = [string] $ExecutionContext.SessionState.LanguageMode
if ($mode -ne 'FullLanguage') {
    # Nothing below could run: types of our own are not allowed in such a session.
    '{"changed":false,"failed":true,' +
    '"msg":"The holders of SeImpersonatePrivilege can neither be read nor changed: ' +
    'PowerShell runs in ' + $mode + ' mode here.",' +
    '"outcome":"not_started","before":null,"after":null,"attempted":[],"undone":[],' +
    '"error":{"call":"language mode","status":null,"sid":null},"session":{"language_mode":"' + $mode + '"}}'
}
else {
    $lists = @{}
    foreach ($name in 'expected', 'add', 'remove') {
        $lists[$name] = [string[]] @($complex_args[$name] | Where-Object -FilterScript { $null -ne $_ })
    }
    $report = if ($null -ne $complex_args['read']) {
        Get-RightReport -Asked $complex_args['read'] -Exposure $true
    }
    else {
        Set-Right -Expected $lists.expected -Add $lists.add -Remove $lists.remove
    }
    ConvertTo-AsciiJson -Report $report
}

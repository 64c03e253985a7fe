# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Gathers, with what an audit needs, whose tokens a change of the right concerns besides those of application pools: running
# services. A token is made at logon, so they feel the change when they start again. Reads only.

#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._RightReport

Set-StrictMode -Version 2.0

function Get-RunningService {
    # Rows by name; nothing when they cannot be listed.
    $rows = [Collections.Generic.SortedDictionary[string, object]]::new([StringComparer]::Ordinal)
    $query = "SELECT Name, StartName FROM Win32_Service WHERE State = 'Running'"
    try {
        foreach ($service in Get-CimInstance -Query $query -OperationTimeoutSec 60 -ErrorAction Stop) {
            $account = if ($service.StartName) { [string] $service.StartName } else { $null }
            $name = [string] $service.Name
            $rows[$name] = @{ name = $name; account = $account; sid = $null }
        }
        $rows
    }
    catch {
        Write-Verbose -Message "The services cannot be listed: $_"
    }
}

function Get-ChangeReport {
    <#
    .SYNOPSIS
    Tells as a hashtable what Get-RightReport tells, application pools among it, and the running services with their accounts.
    #>
    param([string[]] $Account)

    $report = Get-RightReport -Account $Account
    if (-not $report.ContainsKey('failed')) {
        Add-Row -Report $report -Kind 'services' -ByName (Get-RunningService)
    }
    $report
}

Export-ModuleMember -Function Get-ChangeReport

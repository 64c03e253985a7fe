# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Gathers, with what an audit needs, whose tokens a change of the right concerns: running services and application pools.
# A token is made at logon, so they feel the change when they start again. Reads only.

#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._RightReport

Set-StrictMode -Version 2.0

function Get-RunningService {
    # Rows by name; nothing when they cannot be listed.
    $rows = @{}
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

function Read-Xml {
    # The document, in the encoding that it declares; nothing when there is no such file.
    param([string] $Folder, [string] $Name)
    $document = New-Object -TypeName System.Xml.XmlDocument
    try {
        $document.Load([IO.Path]::Combine($Folder, $Name))
        $document
    }
    catch [IO.FileNotFoundException], [IO.DirectoryNotFoundException] {
        Write-Verbose -Message "There is no $Name."
    }
}

function Get-ApplicationPool {
    # Rows by name, none where there is no IIS; nothing when they cannot be read, as where another host keeps the list.
    # System32 is another folder for a 32-bit process.
    $system = if ([IntPtr]::Size -eq 4 -and [Environment]::Is64BitOperatingSystem) { 'Sysnative' } else { 'System32' }
    $folder = [IO.Path]::Combine($env:windir, $system, 'inetsrv', 'config')
    $rows = @{}
    try {
        $elsewhere = Read-Xml -Folder $folder -Name 'redirection.config'
        if ($elsewhere -and $elsewhere.SelectSingleNode('//configurationRedirection[@enabled="true"]')) { return }
        $config = Read-Xml -Folder $folder -Name 'applicationHost.config'
        if ($null -eq $config) { return $rows }
        $defaults = $config.SelectSingleNode('//applicationPools/applicationPoolDefaults')
        foreach ($pool in $config.SelectNodes('//applicationPools/add')) {
            $said = @{ identityType = 'ApplicationPoolIdentity'; userName = $null }
            foreach ($place in @($defaults, $pool)) {
                if ($null -eq $place) { continue }
                foreach ($attribute in $place.SelectNodes('processModel/@identityType | processModel/@userName')) {
                    $said[$attribute.Name] = $attribute.Value
                }
            }
            $account = if ($said.identityType -eq 'SpecificUser' -and $said.userName) { $said.userName } else { $null }
            $name = $pool.GetAttribute('name')
            $rows[$name] = @{ name = $name; identity = $said.identityType; account = $account; sid = $null }
        }
        $rows
    }
    catch {
        Write-Verbose -Message "The application pools cannot be read: $_"
    }
}

function Find-Account {
    # A lookup of its own: accounts of services that get no answer must not take it from the names that were asked for.
    param([string[]] $Name)
    if ($Name.Count -eq 0) { return }
    try {
        $policy = [ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights.Policy]::new()
        try {
            $policy.FromNames($Name)
        }
        finally {
            $policy.Dispose()
        }
    }
    catch {
        Write-Verbose -Message "The accounts of services and pools cannot be looked up: $_"
    }
}

function Get-ChangeReport {
    <#
    .SYNOPSIS
    Tells as a hashtable what Get-RightReport tells, and the running services and application pools with their accounts.
    #>
    param([string[]] $Account)

    $users = @{ services = Get-RunningService; pools = Get-ApplicationPool }
    # What the service control manager calls these in every language. The LSA does not know all of the names.
    $sids = [Collections.Hashtable]::new([StringComparer]::OrdinalIgnoreCase)
    $sids['LocalSystem'] = $sids['.\LocalSystem'] = 'S-1-5-18'
    $sids['NT AUTHORITY\LocalService'] = 'S-1-5-19'
    $sids['NT AUTHORITY\NetworkService'] = 'S-1-5-20'
    $others = @()
    foreach ($rows in $users.Values) {
        if ($null -eq $rows) { continue }
        foreach ($row in $rows.Values) {
            if ($null -eq $row.account -or $sids.ContainsKey($row.account)) { continue }
            $sids[$row.account] = $null
            $others += $row.account
        }
    }
    $report = Get-RightReport -Account $Account
    if ($report.ContainsKey('failed')) { return $report }

    foreach ($one in @(Find-Account -Name $others)) { $sids[$one.Asked] = $one.Sid }
    foreach ($kind in 'services', 'pools') {
        $rows = $users[$kind]
        $report[$kind] = $null
        if ($null -eq $rows) { continue }
        $names = [string[]] @($rows.Keys)
        [Array]::Sort($names, [StringComparer]::Ordinal)
        $report[$kind] = @(foreach ($name in $names) {
                $row = $rows[$name]
                if ($null -ne $row.account) { $row.sid = $sids[$row.account] }
                $row
            })
    }
    $report
}

Export-ModuleMember -Function Get-ChangeReport

# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Gathers what one audit of a user right needs to know of this host: who holds it, what kind of machine it is, whether
# IIS is there, and whose session is asking. Reads only, and judges nothing: that is done where the policy is.

#AnsibleRequires -CSharpUtil ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights

Set-StrictMode -Version 2.0

function Read-Key {
    # Found: $false when there is no such key, $null when that cannot be known.
    param([string] $Path, [switch] $Children)
    $key = @{ Found = $null; Data = $null }
    try {
        $key.Data = if ($Children) {
            @(Get-ChildItem -LiteralPath "HKLM:\$Path" -ErrorAction Stop)
        }
        else {
            Get-ItemProperty -LiteralPath "HKLM:\$Path" -ErrorAction Stop
        }
        $key.Found = $true
    }
    catch [System.Management.Automation.ItemNotFoundException] {
        $key.Found = $false
    }
    catch {
        Write-Verbose -Message "$Path cannot be read: $_"
    }
    $key
}

function Read-Value {
    # An explicit $null for what is not there: an empty result would become {} in JSON.
    param([hashtable] $Key, [string] $Name)
    $value = if ($null -ne $Key.Data) { $Key.Data.PSObject.Properties[$Name] }
    if ($null -ne $value) { return $value.Value }
    return $null
}

function Get-Machine {
    $computer = [ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights.Computer]::new()
    $join = Read-Key -Path 'SYSTEM\CurrentControlSet\Control\CloudDomainJoin\JoinInfo' -Children
    @{
        name = $env:COMPUTERNAME
        machine_role = $computer.MachineRole
        role_status = $computer.RoleStatus
        read_only = $computer.ReadOnly
        role_pending = $computer.Pending
        domain = $computer.Domain
        dns_domain = $computer.DnsDomain
        entra_joined = if ($join.Found) { @($join.Data).Count -gt 0 } else { $join.Found }
    }
    $version = Read-Key -Path 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $build = Read-Value -Key $version -Name 'CurrentBuild'
    @{
        product_type = Read-Value -Name 'ProductType' -Key (
            Read-Key -Path 'SYSTEM\CurrentControlSet\Control\ProductOptions')
        sku = $computer.Sku
        build = if ($null -ne $build) { $build -as [int] } else { $null }
        revision = Read-Value -Key $version -Name 'UBR'
        edition = Read-Value -Key $version -Name 'EditionID'
        caption = Read-Value -Key $version -Name 'ProductName'
        installation_type = Read-Value -Key $version -Name 'InstallationType'
        display_version = Read-Value -Key $version -Name 'DisplayVersion'
    }
}

function Get-WebServer {
    $iis = @{ services = @(); version = $null; components = @(); readable = $false }
    foreach ($name in 'IISADMIN', 'W3SVC', 'WAS', 'WMSVC') {
        $key = Read-Key -Path "SYSTEM\CurrentControlSet\Services\$name"
        if ($null -eq $key.Found) {
            $iis.services = $null
            break
        }
        if ($key.Found) { $iis.services += $name }
    }
    # A 32-bit process does not see the 64-bit keys: what is not shown is unknown then, not absent.
    if ([IntPtr]::Size -eq 4 -and [Environment]::Is64BitOperatingSystem) { return $iis }

    $setup = Read-Key -Path 'SOFTWARE\Microsoft\InetStp'
    $parts = Read-Key -Path 'SOFTWARE\Microsoft\InetStp\Components'
    $iis.readable = $null -ne $setup.Found -and $null -ne $parts.Found
    $major = Read-Value -Key $setup -Name 'MajorVersion'
    if ($null -ne $major) {
        $iis.version = '{0}.{1}' -f $major, (Read-Value -Key $setup -Name 'MinorVersion')
    }
    if ($null -ne $parts.Data) {
        $present = [string[]] @($parts.Data.PSObject.Properties |
                Where-Object -FilterScript { $_.Value -is [int] -and $_.Value -eq 1 } |
                ForEach-Object -Process { $_.Name })
        [Array]::Sort($present, [StringComparer]::Ordinal)
        $iis.components = @($present)
    }
    $iis
}

function Get-Session {
    $session = @{ user = $null; administrator = $null; filtered = $null; elevated = $null }
    try {
        $token = [ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights.Session]::new()
        $session.user = $token.User
        $session.administrator = $token.Administrator
        $session.filtered = $token.Filtered
        $session.elevated = $token.Elevated
    }
    catch {
        Write-Verbose -Message "The token cannot be read: $_"
    }
    $session.language_mode = [string] $ExecutionContext.SessionState.LanguageMode
    $session.powershell = [string] $PSVersionTable.PSVersion
    $session.bits = 8 * [IntPtr]::Size
    $session.windows_bits = if ([Environment]::Is64BitOperatingSystem) { 64 } else { 32 }
    $session
}

function Get-RightReport {
    <#
    .SYNOPSIS
    Tells as a hashtable who holds SeImpersonatePrivilege on this host, and who the given accounts are.
    #>
    param([string[]] $Account)

    $computer, $windows = Get-Machine
    $report = @{ changed = $false; computer = $computer; windows = $windows; iis = Get-WebServer; session = Get-Session }
    try {
        $policy = [ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights.Policy]::new()
        try {
            $sids = $policy.Holders('SeImpersonatePrivilege')
            $asked = $policy.FromNames($Account)
            $found = @{}
            $all = [string[]] @($sids; foreach ($one in $asked) { if ($one.Sid) { $one.Sid } })
            foreach ($one in $policy.FromSids($all)) { $found[$one.Sid] = $one }
            $report.holders = @(foreach ($sid in $sids) {
                    $one = $found[$sid]
                    @{ sid = $sid; name = $one.Name; use = $one.Use; resolved = $one.Resolved; domain = $one.Domain }
                })
            $report.accounts = @(foreach ($one in $asked) {
                    $name = if ($one.Sid) { $found[$one.Sid].Name } else { $null }
                    @{ asked = $one.Asked; sid = $one.Sid; name = $name; use = $one.Use; resolved = $one.Resolved }
                })
            $report.lookup_status = '0x{0:X8}' -f $policy.LookupStatus
        }
        finally {
            $policy.Dispose()
        }
    }
    catch {
        $reason = $_.Exception.GetBaseException()
        if ($null -eq $reason.PSObject.Properties['Call']) { throw }
        $report.failed = $true
        $report.msg = "The holders of SeImpersonatePrivilege cannot be read: $($reason.Message)"
        $report.error = @{ call = $reason.Call; status = '0x{0:X8}' -f $reason.Status }
    }
    $report
}

function ConvertTo-AsciiJson {
    # ASCII only, so that no code page between here and the controller can damage a name
    param([hashtable] $Report)
    $json = ConvertTo-Json -InputObject $Report -Depth 8 -Compress
    [regex]::Replace($json, '[^\x20-\x7e]', { '\u{0:x4}' -f [int] [char] $args[0].Value })
}

Export-ModuleMember -Function Get-RightReport, Get-Session, ConvertTo-AsciiJson

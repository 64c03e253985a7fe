# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Gathers what one audit of a user right needs to know of this host: who holds it, what kind of machine it is, which
# features it has, and whose session is asking. Reads only, and judges nothing: that is done where the policy is.

#AnsibleRequires -CSharpUtil ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights

Set-StrictMode -Version 2.0

# A 32-bit process sees other keys and another folder than a 64-bit Windows has.
$redirected = [IntPtr]::Size -eq 4 -and [Environment]::Is64BitOperatingSystem

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
    # What is not shown is unknown then, not absent.
    if ($redirected) { return $iis }

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

function Get-Feature {
    param([string] $ProductType)
    $services = 'SYSTEM\CurrentControlSet\Services'
    $spooler = Read-Key -Path "$services\Spooler"
    $feature = @{
        ssis = $null
        adfs = (Read-Key -Path "$services\adfssrv").Found
        spooler = Read-Value -Key $spooler -Name 'Start'
        spooler_known = $null -ne $spooler.Found
        session_host = $null
    }
    try {
        $names = [string[]] @(Get-Service -Name 'MsDtsServer*' -ErrorAction Stop | ForEach-Object -Process { $_.Name })
        [Array]::Sort($names, [StringComparer]::Ordinal)
        $feature.ssis = @($names)
    }
    catch {
        Write-Verbose -Message "The services cannot be listed: $_"
    }
    if ($ProductType -eq 'WinNT') {
        $feature.session_host = $false
        return $feature
    }
    $space, $query = 'root/cimv2/TerminalServices', 'SELECT TerminalServerMode FROM Win32_TerminalServiceSetting'
    try {
        foreach ($one in Get-CimInstance -Namespace $space -Query $query -OperationTimeoutSec 10 -ErrorAction Stop) {
            $feature.session_host = $one.TerminalServerMode -eq 1
        }
    }
    catch {
        Write-Verbose -Message "Remote Desktop Services cannot be asked: $_"
    }
    $feature
}

function Read-Xml {
    # The document, in the encoding that it declares; an empty one when there is no such file. IIS may be writing it.
    param([string] $Folder, [string] $Name)
    $document = New-Object -TypeName System.Xml.XmlDocument
    $settings = New-Object -TypeName System.Xml.XmlReaderSettings
    $settings.DtdProcessing = 'Prohibit'
    $settings.XmlResolver = $null
    try {
        $file = [IO.File]::Open([IO.Path]::Combine($Folder, $Name), 'Open', 'Read', 'ReadWrite, Delete')
        try {
            $document.Load([Xml.XmlReader]::Create($file, $settings))
        }
        finally {
            $file.Dispose()
        }
    }
    catch [IO.FileNotFoundException], [IO.DirectoryNotFoundException] {
        Write-Verbose -Message "There is no $Name."
    }
    $document
}

function Get-ApplicationPool {
    # How the reading went, and the rows by name, if they are known. Passwords stay behind.
    $rows = [Collections.Generic.SortedDictionary[string, object]]::new([StringComparer]::Ordinal)
    try {
        $system = if ($redirected) { 'Sysnative' } else { 'System32' }
        $folder = [IO.Path]::Combine($env:windir, $system, 'inetsrv', 'config')
        $redirection = Read-Xml -Folder $folder -Name 'redirection.config'
        foreach ($one in $redirection.SelectNodes('//configurationRedirection/@enabled')) {
            if ($one.Value -eq 'true') { return 'elsewhere' }
        }
        $config = Read-Xml -Folder $folder -Name 'applicationHost.config'
        if (-not $config.HasChildNodes) { return 'none', $rows }
        $defaults = @{ identityType = 'ApplicationPoolIdentity'; userName = ''; manualGroupMembership = 'false' }
        foreach ($one in $config.SelectNodes('//applicationPools/applicationPoolDefaults/processModel/@*')) {
            $defaults[$one.Name] = $one.Value
        }
        foreach ($pool in $config.SelectNodes('//applicationPools/add')) {
            $said = $defaults.Clone()
            foreach ($one in $pool.SelectNodes('processModel/@*')) { $said[$one.Name] = $one.Value }
            $name = $pool.GetAttribute('name')
            $rows[$name] = @{
                name = $name
                identity = $said.identityType
                account = if ($said.identityType -eq 'SpecificUser' -and $said.userName) { $said.userName } else { $null }
                sid = $null
                manual = $said.manualGroupMembership -eq 'true'
            }
        }
        'read', $rows
    }
    catch [UnauthorizedAccessException] { 'denied' }
    catch [IO.IOException] { 'locked' }
    catch [Xml.XmlException] { 'malformed' }
    catch { 'unreadable' }
}

function Add-Row {
    # Rows with the SIDs of their accounts, which are looked up apart: they must not harm the names that were asked for.
    param([hashtable] $Report, [string] $Kind, [Collections.IDictionary] $ByName)
    $Report[$Kind] = $null
    if ($null -eq $ByName) { return }
    $rows = @(foreach ($one in $ByName.GetEnumerator()) { $one.Value }) # .Values may be a row's name
    # What the service control manager calls these in every language. The LSA does not know all of the names.
    $sids = [Collections.Hashtable]::new([StringComparer]::OrdinalIgnoreCase)
    $sids['LocalSystem'] = $sids['.\LocalSystem'] = 'S-1-5-18'
    $sids['NT AUTHORITY\LocalService'] = 'S-1-5-19'
    $sids['NT AUTHORITY\NetworkService'] = 'S-1-5-20'
    $names = [string[]] @(foreach ($row in $rows) {
            if ($null -eq $row.account -or $sids.ContainsKey($row.account)) { continue }
            $sids[$row.account] = $null
            $row.account
        })
    $Report[$Kind] = $rows
    if ($names.Count -gt 0) {
        try {
            $policy = [ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights.Policy]::new()
            try {
                foreach ($one in $policy.FromNames($names)) { $sids[$one.Asked] = $one.Sid }
            }
            finally {
                $policy.Dispose()
            }
        }
        catch {
            Write-Verbose -Message "The accounts of $Kind cannot be looked up: $_"
        }
    }
    foreach ($row in $rows) {
        if ($null -ne $row.account) { $row.sid = $sids[$row.account] }
    }
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
    $report.features = Get-Feature -ProductType $windows.product_type
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
        $report.pools_status, $pools = Get-ApplicationPool
        Add-Row -Report $report -Kind 'pools' -ByName $pools
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

Export-ModuleMember -Function Get-RightReport, Add-Row, Get-Session, ConvertTo-AsciiJson

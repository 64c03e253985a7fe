# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Stand-ins for the cmdlets with which the payload reads HKLM:, for an engine without a registry. They read the file
# that FLEET_REGISTRY names: keys in lower case -> values and names of the keys below; and keys that are refused.
# And others for Get-Service, Get-CimInstance, Get-WinEvent and Get-Date: FLEET_SERVICES names the file with their answers, and
# with the numbers of the calls that fail, null for all.

function Read-FleetFile {
    # Read once in a process: thousands of services have a key each.
    param([string] $Path)
    $told = [AppDomain]::CurrentDomain.GetData($Path)
    if ($null -eq $told) {
        $told = ConvertFrom-Json -AsHashtable -InputObject ([IO.File]::ReadAllText($Path))
        [AppDomain]::CurrentDomain.SetData($Path, $told)
    }
    $told
}

function ConvertTo-FleetTime {
    # As the cmdlets give times: local ones.
    param([object] $Time)
    if ($Time -is [string]) { $Time = [DateTime]::Parse($Time, [cultureinfo]::InvariantCulture, 'RoundtripKind') }
    $Time.ToLocalTime()
}

function Find-FleetKey {
    param([string] $Path, [Management.Automation.PSCmdlet] $Caller)
    $registry = Read-FleetFile -Path $env:FLEET_REGISTRY
    $name = $Path.TrimEnd('\').ToLowerInvariant()
    foreach ($denied in $registry['denied']) {
        if ("$name\".StartsWith("$denied\", 'Ordinal')) {
            return $Caller.WriteError([Management.Automation.ErrorRecord]::new(
                    [Security.SecurityException]::new('Requested registry access is not allowed.'),
                    'System.Security.SecurityException', 'PermissionDenied', $Path))
        }
    }
    $key = $registry['keys'][$name]
    if ($null -eq $key) {
        return $Caller.WriteError([Management.Automation.ErrorRecord]::new(
                [Management.Automation.ItemNotFoundException]::new("Cannot find path '$Path' because it does not exist."),
                'PathNotFound', 'ObjectNotFound', $Path))
    }
    $key
}

function Get-ItemProperty {
    [CmdletBinding()]
    param([string] $LiteralPath)
    if ($LiteralPath -notlike 'HKLM:\*') {
        return Microsoft.PowerShell.Management\Get-ItemProperty @PSBoundParameters
    }
    $key = Find-FleetKey -Path $LiteralPath -Caller $PSCmdlet
    # As the registry provider: nothing for a key without values, else the values and strings about the key. JSON has
    # 64-bit numbers, a DWORD is an Int32.
    if ($null -ne $key -and $key['values'].Count) {
        $item = [ordered] @{}
        foreach ($name in $key['values'].psbase.Keys) {
            $value = $key['values'][$name]
            $item[$name] = if ($value -is [long]) { [int] $value } elseif ($value -is [array]) { , [string[]] $value } else { $value }
        }
        $item.PSPath = "Microsoft.PowerShell.Core\Registry::$LiteralPath"
        $item.PSChildName = $LiteralPath.Split('\')[-1]
        [pscustomobject] $item
    }
}

function Get-ChildItem {
    [CmdletBinding()]
    param([Parameter(Position = 0)] [string[]] $Path, [string] $LiteralPath, [switch] $Force, [string] $Filter)
    if ($LiteralPath -notlike 'HKLM:\*') {
        return Microsoft.PowerShell.Management\Get-ChildItem @PSBoundParameters
    }
    $key = Find-FleetKey -Path $LiteralPath -Caller $PSCmdlet
    foreach ($name in $key['children']) {
        [pscustomobject] @{ Name = $LiteralPath.Replace('HKLM:', 'HKEY_LOCAL_MACHINE') + "\$name"; PSChildName = $name }
    }
}

function Get-FleetFault {
    # Status of the call that comes now; nothing for one that works.
    param([string] $Call)
    $nth = 1 + [AppDomain]::CurrentDomain.GetData($Call)
    [AppDomain]::CurrentDomain.SetData($Call, $nth)
    $fault = (Read-FleetFile -Path $env:FLEET_SERVICES)['faults'][$Call]
    if ($null -ne $fault -and ($null -eq $fault['on'] -or $nth -in $fault['on'])) { $fault['status'] }
}

function Get-Date {
    # Without arguments the clock of the machine, which stands still.
    if ($args.Count) { return Microsoft.PowerShell.Utility\Get-Date @args }
    ConvertTo-FleetTime -Time (Read-FleetFile -Path $env:FLEET_SERVICES)['clock']
}

function Get-Service {
    [CmdletBinding()]
    param([string] $Name)
    if ($null -ne (Get-FleetFault -Call 'Get-Service')) {
        return $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new(
                [InvalidOperationException]::new('Cannot open Service Control Manager.'), 'CannotOpenScm', 'PermissionDenied', $Name))
    }
    foreach ($one in (Read-FleetFile -Path $env:FLEET_SERVICES)['names']) {
        if ($one -like $Name) { [pscustomobject] @{ Name = $one } }
    }
}

function Get-CimInstance {
    [CmdletBinding()]
    param([string] $Namespace = 'root/cimv2', [string] $Query, [uint32] $OperationTimeoutSec)
    $told = Read-FleetFile -Path $env:FLEET_SERVICES
    $properties, $class, $where = @(), '', ''
    if ($Query -cmatch '^SELECT ([\w, ]+) FROM (\w+) ?(WHERE (.+))?$') {
        $properties, $class, $where = @($Matches[1] -split ', '), $Matches[2], [string] $Matches[4]
    }
    elseif ($Query -cmatch '^ASSOCIATORS OF \{(.+)\} WHERE AssocClass = Win32_GroupUser Role = GroupComponent$') {
        $properties, $class, $where = @('SID', 'Domain', 'Name', 'SIDType'), 'Win32_GroupUser', $Matches[1]
    }
    $found = $told['queries'] | Where-Object -FilterScript {
        $_['class'] -ceq $class -and $_['space'] -ceq $Namespace -and $_['where'] -eq $where -and $_['limit'] -eq $OperationTimeoutSec
    }
    $status = @(Get-FleetFault -Call 'Get-CimInstance'; Get-FleetFault -Call $class; if ($class -like 'RSOP_*') { $told['rsop'] })
    $status = @($status -ne $null) + @(if ($null -eq $found) { 0x80041002 })
    if ($status) {
        $id = if ($status[0] -ge 0x1000) { 'HRESULT 0x{0:x8}' -f [long] $status[0] } else { "MI RESULT $($status[0])" }
        return $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new(
                [InvalidOperationException]::new('The WMI repository is inconsistent.'), $id, 'NotSpecified', $Query))
    }
    foreach ($row in $found['rows']) {
        $instance = [ordered] @{}
        foreach ($name in $properties) {
            if (-not $row.ContainsKey($name)) { throw "The model has no $class.$name." }
            $value = $row[$name]
            $instance[$name] = if ($null -ne $value -and $name -like '*Time') { ConvertTo-FleetTime -Time $value } else { , $value }
        }
        [pscustomobject] $instance
    }
}

function Get-WinEvent {
    [CmdletBinding()]
    param([string] $LogName, [hashtable] $FilterHashtable, [long] $MaxEvents, [switch] $Oldest)
    $told = Read-FleetFile -Path $env:FLEET_SERVICES
    $status = Get-FleetFault -Call 'Get-WinEvent'
    if ($status -eq 258) { Start-Sleep -Seconds 60 } # a search that does not end
    if ($null -ne $status) {
        $inner = if ($status -eq 5) { [UnauthorizedAccessException]::new() } else { [InvalidOperationException]::new() }
        return $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new(
                [Exception]::new('Could not retrieve information about the Security log.', $inner), 'LogInfoUnavailable', 'NotSpecified', $null))
    }
    $found = @(if ($Oldest) {
            if ($LogName -ne 'Security') { throw "Nobody expects the log $LogName." }
            if ($told['oldest']) { @{ Id = 1100; TimeCreated = $told['oldest']; Properties = @() } }
        }
        else {
            if ($FilterHashtable.LogName -ne 'Security' -or "$($FilterHashtable.ID)" -ne '4704 4705') { throw 'Nobody expects this filter.' }
            $told['events'] | Where-Object -FilterScript {
                (ConvertTo-FleetTime -Time $_['TimeCreated']).ToUniversalTime() -ge $FilterHashtable.StartTime.ToUniversalTime()
            }
        })
    if ($found.Count -eq 0) {
        return $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new(
                [Exception]::new('No events were found that match the specified selection criteria.'), 'NoMatchingEventsFound', 'ObjectNotFound', $null))
    }
    foreach ($one in $found | Select-Object -First $MaxEvents) {
        $said = @(foreach ($value in $one['Properties']) { [pscustomobject] @{ Value = $value } })
        [pscustomobject] @{ Id = [int] $one['Id']; TimeCreated = ConvertTo-FleetTime -Time $one['TimeCreated']; Properties = $said }
    }
}

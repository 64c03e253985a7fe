# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Stand-ins for the cmdlets with which the payload reads HKLM:, for an engine without a registry. They read the file
# that FLEET_REGISTRY names: keys in lower case -> values and names of the keys below; and keys that are refused.
# And two for Get-Service and for Get-CimInstance, which knows two queries: FLEET_SERVICES names the file with their answers,
# and with the numbers of the calls that fail, null for all.

function Find-FleetKey {
    param([string] $Path, [Management.Automation.PSCmdlet] $Caller)
    $registry = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($env:FLEET_REGISTRY))
    $name = $Path.TrimEnd('\').ToLowerInvariant()
    foreach ($denied in $registry.denied) {
        if ("$name\".StartsWith("$denied\", 'Ordinal')) {
            return $Caller.WriteError([Management.Automation.ErrorRecord]::new(
                    [Security.SecurityException]::new('Requested registry access is not allowed.'),
                    'System.Security.SecurityException', 'PermissionDenied', $Path))
        }
    }
    $key = $registry.keys.PSObject.Properties[$name]
    if ($null -eq $key) {
        return $Caller.WriteError([Management.Automation.ErrorRecord]::new(
                [Management.Automation.ItemNotFoundException]::new("Cannot find path '$Path' because it does not exist."),
                'PathNotFound', 'ObjectNotFound', $Path))
    }
    $key.Value
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
    if ($null -ne $key -and @($key.values.PSObject.Properties).Count) {
        $item = [ordered] @{}
        foreach ($value in $key.values.PSObject.Properties) {
            $item[$value.Name] = if ($value.Value -is [long]) { [int] $value.Value } else { $value.Value }
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
    foreach ($name in $key.children) {
        [pscustomobject] @{ Name = $LiteralPath.Replace('HKLM:', 'HKEY_LOCAL_MACHINE') + "\$name"; PSChildName = $name }
    }
}

function Test-FleetFault {
    param([psobject] $Told, [string] $Cmdlet)
    $fault = $Told.faults.PSObject.Properties[$Cmdlet]
    $call = 1 + [AppDomain]::CurrentDomain.GetData($Cmdlet)
    [AppDomain]::CurrentDomain.SetData($Cmdlet, $call)
    $null -ne $fault -and ($null -eq $fault.Value -or $call -in $fault.Value)
}

function Get-Service {
    [CmdletBinding()]
    param([string] $Name)
    $told = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($env:FLEET_SERVICES))
    if (Test-FleetFault -Told $told -Cmdlet 'Get-Service') {
        return $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new(
                [InvalidOperationException]::new('Cannot open Service Control Manager.'), 'CannotOpenScm', 'PermissionDenied', $Name))
    }
    foreach ($one in $told.names) {
        if ($one -like $Name) { [pscustomobject] @{ Name = $one } }
    }
}

function Get-CimInstance {
    [CmdletBinding()]
    param([string] $Namespace = 'root/cimv2', [string] $Query, [uint32] $OperationTimeoutSec)
    $told = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($env:FLEET_SERVICES))
    $rows = switch -CaseSensitive ("$Namespace, $OperationTimeoutSec s: $Query") {
        "root/cimv2, 60 s: SELECT Name, StartName FROM Win32_Service WHERE State = 'Running'" { , $told.running }
        'root/cimv2/TerminalServices, 10 s: SELECT TerminalServerMode FROM Win32_TerminalServiceSetting' { , $told.terminal }
    }
    if ((Test-FleetFault -Told $told -Cmdlet 'Get-CimInstance') -or $null -eq $rows) {
        return $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new(
                [InvalidOperationException]::new('The WMI repository is inconsistent.'), 'HRESULT 0x80041003', 'NotSpecified', $Query))
    }
    $rows
}

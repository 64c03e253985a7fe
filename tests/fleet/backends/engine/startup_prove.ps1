# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# What startup.ps1 stands in for, and what the independent script of the module prove asks besides: prove.json beside the file that
# FLEET_SERVICES names has the answers.

. ([IO.Path]::Combine([IO.Path]::GetDirectoryName($env:PWSH_STARTUP), 'startup.ps1'))

function Read-FleetProve { Read-FleetFile -Path ([IO.Path]::Combine([IO.Path]::GetDirectoryName($env:FLEET_SERVICES), 'prove.json')) }

function Assert-FleetAllowed {
    param([string] $Call)
    $status = Get-FleetFault -Call $Call
    if ($status -eq 258) { Start-Sleep -Seconds 3600 } # WAIT_TIMEOUT (winerror.h): it does not answer
    if ($null -ne $status) { throw [UnauthorizedAccessException]::new('Access denied') }
}

function New-FleetName {
    # An object that can be translated: a SID to a name, a name to a SID.
    param([string] $Text, [string] $Table)
    $one = [pscustomobject] @{ Text = $Text; Table = $Table }
    $translate = {
        $found = (Read-FleetProve)[$this.Table][$this.Text]
        if ($null -eq $found) { throw [Security.Principal.IdentityNotMappedException]::new('Some or all identity references could not be translated.') }
        [pscustomobject] @{ Value = $found }
    }
    $one | Add-Member -MemberType ScriptMethod -Name Translate -Value $translate -PassThru
}

function New-FleetEntry {
    # WinNT://./NAME,group, whose members are entries with their SID in bytes.
    param([object] $From)
    if ($From -isnot [string]) { return $From }
    if ($From -notmatch '^WinNT://\./(.+),group$') { Add-FleetBreach -Sentence "Nobody expects the entry $From"; throw 'no such entry' }
    $one = [pscustomobject] @{ Name = $Matches[1] }
    $invoke = {
        param($Method)
        if ($Method -ne 'Members') { Add-FleetBreach -Sentence "Nobody expects the method $Method" }
        foreach ($sid in (Read-FleetProve)['members'][$this.Name]) {
            [pscustomobject] @{ Properties = @{ objectSid = [pscustomobject] @{ Value = [byte[]] @($sid -split '-' | ForEach-Object -Process { [Convert]::ToByte($_, 16) }) } } }
        }
    }
    $one | Add-Member -MemberType ScriptMethod -Name Invoke -Value $invoke -PassThru
}

function New-Object {
    [CmdletBinding()]
    param([Parameter(Position = 0)] [string] $TypeName, [Parameter(Position = 1)] [object[]] $ArgumentList, [hashtable] $Property)
    switch ($TypeName) {
        'Security.Principal.SecurityIdentifier' { Assert-FleetAllowed -Call 'SecurityIdentifier.Translate'; return New-FleetName -Text $ArgumentList[0] -Table 'names' }
        'Security.Principal.NTAccount' { return New-FleetName -Text $ArgumentList[0] -Table 'sids' }
        'DirectoryServices.DirectoryEntry' { if ($ArgumentList[0] -is [string]) { Assert-FleetAllowed -Call 'WinNT' }; return New-FleetEntry -From $ArgumentList[0] }
    }
    Microsoft.PowerShell.Utility\New-Object @PSBoundParameters
}

function Get-WindowsFeature {
    [CmdletBinding()]
    param([string[]] $Name)
    Assert-FleetAllowed -Call 'Get-WindowsFeature'
    $state = if ((Read-FleetProve)['iis']) { 'Installed' } else { 'Available' }
    foreach ($one in $Name) { [pscustomobject] @{ Name = $one; InstallState = $state } }
}

function Get-WindowsOptionalFeature {
    [CmdletBinding()]
    param([switch] $Online, [string] $FeatureName)
    Assert-FleetAllowed -Call 'Get-WindowsOptionalFeature'
    [pscustomobject] @{ FeatureName = $FeatureName; State = if ((Read-FleetProve)['iis']) { 'Enabled' } else { 'Disabled' } }
}

function Get-CimClass {
    [CmdletBinding()]
    param([string] $Namespace, [string] $ClassName, [uint32] $OperationTimeoutSec)
    Assert-FleetAllowed -Call 'Get-CimClass'
    if ($OperationTimeoutSec -eq 0) { Add-FleetBreach -Sentence "A class without a time limit: $ClassName" }
    $told = (Read-FleetProve)['classes']["$Namespace|$ClassName"]
    if ($null -eq $told) { Add-FleetBreach -Sentence "Windows has no class $ClassName in $Namespace."; throw 'Not found' }
    $properties = foreach ($one in $told) {
        [pscustomobject] @{ Name = $one['name']; CimType = $one['type']; Flags = if ($one['key']) { 'Property, Key, ReadOnly' } else { 'Property, ReadOnly' } }
    }
    [pscustomobject] @{ CimClassName = $ClassName; CimClassProperties = @($properties) }
}

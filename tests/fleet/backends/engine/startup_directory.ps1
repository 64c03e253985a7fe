# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# What startup.ps1 stands in for, and a connection to a directory: the file that FLEET_DIRECTORY names has its address and who logs on,
# for this engine knows simple binds only; what the payload may name there; and what goes wrong. Else the directory is a real one.

. ([IO.Path]::Combine([IO.Path]::GetDirectoryName($env:PWSH_STARTUP), 'startup.ps1'))

function Read-FleetDirectory { Read-FleetFile -Path $env:FLEET_DIRECTORY }

function Edit-FleetObject {
    # What somebody else does in the directory, by a connection of his own: a DN, and new values of its attributes.
    param([object] $Told)
    $here = Read-FleetDirectory
    $place = [DirectoryServices.Protocols.LdapDirectoryIdentifier]::new($here['address'], $here['port'])
    $theirs = [DirectoryServices.Protocols.LdapConnection]::new($place, [Net.NetworkCredential]::new($here['user'], $here['password']), 'Basic')
    $theirs.SessionOptions.ProtocolVersion = 3
    try {
        $theirs.Bind()
        foreach ($name in @($Told.Keys)) {
            if ($name -eq 'dn') { continue }
            $null = $theirs.SendRequest([DirectoryServices.Protocols.ModifyRequest]::new($Told['dn'], 'Replace', $name, [object[]] @($Told[$name])))
        }
    }
    finally { $theirs.Dispose() }
}

function Invoke-FleetFault {
    # What goes wrong before or after the call of a kind that comes now: the directory fails, somebody else writes a file, the power goes.
    param([string] $Call, [string] $When)
    $counted = "$env:FLEET_DIRECTORY $Call"
    if ($When -eq 'before') { [AppDomain]::CurrentDomain.SetData($counted, 1 + [AppDomain]::CurrentDomain.GetData($counted)) }
    $nth = [AppDomain]::CurrentDomain.GetData($counted)
    foreach ($fault in (Read-FleetDirectory)['faults']) {
        if ($fault['call'] -ne $Call -or $fault['when'] -ne $When -or ($null -ne $fault['on'] -and $fault['on'] -ne $nth)) { continue }
        if ($fault['path']) { [IO.File]::WriteAllBytes($fault['path'], [Convert]::FromBase64String($fault['bytes'])) }
        if ($fault['modify']) { Edit-FleetObject -Told $fault['modify'] }
        if ($fault['make']) { $null = [IO.Directory]::CreateDirectory($fault['make']) }
        if ($fault['kill']) { [Diagnostics.Process]::GetCurrentProcess().Kill() }
        if ($null -ne $fault['status']) { throw [DirectoryServices.Protocols.LdapException]::new([int] $fault['status'], 'The directory fails.') }
    }
}

function Test-FleetRequest {
    # Breaches of what a request may ask and name.
    param([object] $Request)
    $schema = (Read-FleetDirectory)['schema']
    if ($Request -is [DirectoryServices.Protocols.SearchRequest]) {
        $names = @($Request.Attributes; [regex]::Matches("$($Request.Filter)", '\(\s*([\w-]+)\s*[~<>]?=') | ForEach-Object -Process { $_.Groups[1].Value })
        if ($Request.Attributes.Count -eq 0) { Add-FleetBreach -Sentence "A search for every attribute: $($Request.Filter)" }
        if ($Request.TimeLimit -eq [TimeSpan]::Zero) { Add-FleetBreach -Sentence "A search without a time limit: $($Request.Filter)" }
        $kinds = @($Request.Controls | ForEach-Object -Process { $_.GetType().Name })
        if ("$($Request.Scope)" -ne 'Base' -and $kinds -notcontains 'PageResultRequestControl') { Add-FleetBreach -Sentence "A search without pages: $($Request.Filter)" }
        if ($names -contains 'nTSecurityDescriptor' -and $kinds -notcontains 'SecurityDescriptorFlagControl') { Add-FleetBreach -Sentence 'The whole security descriptor is asked for.' }
        foreach ($class in [regex]::Matches("$($Request.Filter)", '\(objectClass=([^)*]+)\)')) {
            if ($schema['classes'] -cnotcontains $class.Groups[1].Value) { Add-FleetBreach -Sentence "The directory has no class $($class.Groups[1].Value)." }
        }
    }
    elseif ($Request -is [DirectoryServices.Protocols.ModifyRequest]) {
        $names = @($Request.Modifications | ForEach-Object -Process { $_.Name })
        if (-not (Read-FleetDirectory)['may_change']) { Add-FleetBreach -Sentence "A read changes $($Request.DistinguishedName)" }
        if (Compare-Object $names $schema['written']) { Add-FleetBreach -Sentence "A change of $names, which is not that of one version." }
        foreach ($one in $Request.Modifications) { if ("$($one.Operation)" -ne 'Replace') { Add-FleetBreach -Sentence "$($one.Operation) of $($one.Name)" } }
    }
    else { Add-FleetBreach -Sentence "Nobody expects a $($Request.GetType().Name)."; $names = @() }
    foreach ($name in $names) { if ($schema['attributes'] -cnotcontains $name) { Add-FleetBreach -Sentence "The directory has no attribute $name." } }
}

function New-FleetConnection {
    # The real connection behind one that looks at what is asked of it.
    param([object] $Identifier)
    $told = Read-FleetDirectory
    $logon = [Net.NetworkCredential]::new($told['user'], $told['password'])
    $inner = [DirectoryServices.Protocols.LdapConnection]::new($Identifier, $logon, 'Basic')
    $one = [pscustomobject] @{ Inner = $inner; Timeout = $inner.Timeout; SessionOptions = $inner.SessionOptions }
    $bind = {
        if ("$($this.SessionOptions.ReferralChasing)" -ne 'None') { Add-FleetBreach -Sentence 'A connection that follows referrals.' }
        if ($this.SessionOptions.ProtocolVersion -ne 3) { Add-FleetBreach -Sentence 'A connection of an old protocol.' }
        $this.Inner.Timeout = $this.Timeout
        Invoke-FleetFault -Call 'bind' -When 'before'
        $null = $this.Inner.Bind()
    }
    $send = {
        param([object] $Request)
        Test-FleetRequest -Request $Request
        $call = if ($Request -is [DirectoryServices.Protocols.ModifyRequest]) { 'modify' } else { 'search' }
        Invoke-FleetFault -Call $call -When 'before'
        $answer = $this.Inner.SendRequest($Request)
        Invoke-FleetFault -Call $call -When 'after'
        $answer
    }
    $one | Add-Member -MemberType ScriptMethod -Name Bind -Value $bind
    $one | Add-Member -MemberType ScriptMethod -Name SendRequest -Value $send
    $one | Add-Member -MemberType ScriptMethod -Name Dispose -Value { $this.Inner.Dispose() } -PassThru
}

function New-Object {
    [CmdletBinding()]
    param([Parameter(Position = 0)] [string] $TypeName, [Parameter(Position = 1)] [object[]] $ArgumentList, [hashtable] $Property)
    switch ($TypeName) {
        'DirectoryServices.Protocols.LdapDirectoryIdentifier' {
            $told = Read-FleetDirectory
            if ($told['names'] -notcontains $ArgumentList[0] -or $ArgumentList[1] -ne 389) { Add-FleetBreach -Sentence "A connection to $ArgumentList, which is another machine." }
            return [DirectoryServices.Protocols.LdapDirectoryIdentifier]::new($told['address'], $told['port'])
        }
        'DirectoryServices.Protocols.LdapConnection' { return New-FleetConnection -Identifier $ArgumentList[0] }
    }
    Microsoft.PowerShell.Utility\New-Object @PSBoundParameters
}

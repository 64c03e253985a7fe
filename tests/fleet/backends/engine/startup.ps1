# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Stand-ins for the cmdlets with which the payload reads HKLM:, for an engine without a registry. They read the file
# that FLEET_REGISTRY names: keys in lower case -> values and names of the keys below; and keys that are refused.
# And others for Get-Service, Get-CimInstance, Get-WinEvent and Get-Date: FLEET_SERVICES names the file with their answers, and
# with the numbers of the calls that fail, null for all.

function Read-FleetFile {
    # Read once in a command: thousands of services have a key each. Its files have names of their own.
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
        # Where a key is not there it must be one that Windows may have: * is one name of any kind.
        if (-not @($registry['known'] | Where-Object -FilterScript { $name -match ('^' + [regex]::Escape($_).Replace('\*', '[^\\]+') + '$') })) {
            Add-FleetBreach -Sentence "Windows has no key $Path."
        }
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
    # The command's own count, in all its runspaces.
    $counted = "$env:FLEET_SERVICES $Call"
    $nth = 1 + [AppDomain]::CurrentDomain.GetData($counted)
    [AppDomain]::CurrentDomain.SetData($counted, $nth)
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

function Add-FleetBreach {
    # A name that no document has for Windows: whatever the payload makes of the error, the run fails.
    param([string] $Sentence)
    [IO.File]::AppendAllText("$env:FLEET_SERVICES.breaches", "$Sentence`n")
}

function Test-FleetName {
    # Whether the schema has these properties of a class; a breach where it does not.
    param([Collections.IDictionary] $Schema, [string] $Space, [string] $Class, [string[]] $Property)
    $known = $Schema['classes'][$Space.ToLowerInvariant()]
    if ($null -eq $known) { Add-FleetBreach -Sentence "Windows has no namespace $Space."; return $false }
    $its = @($known.psbase.Keys | Where-Object -FilterScript { $_ -eq $Class })
    if ($its.Count -eq 0) { Add-FleetBreach -Sentence "Windows has no class $Class in $Space."; return $false }
    $good = $true
    foreach ($name in $Property) {
        if (@($known[$its[0]]['properties'].psbase.Keys) -notcontains $name) {
            Add-FleetBreach -Sentence "Windows has no $Class.$name in $Space."
            $good = $false
        }
    }
    $good
}

function ConvertFrom-FleetCondition {
    # NAME = 'text' | number | TRUE | FALSE, with AND between them: property and value of each; nothing for other words.
    param([string] $Text)
    $term = '(?<name>\w+)\s*=\s*(?:''(?<text>[^'']*)''|"(?<text>[^"]*)"|(?<number>\d+)|(?<flag>TRUE|FALSE))'
    if ($Text -notmatch "^\s*$term(?:\s+AND\s+$term)*\s*$") { return }
    foreach ($one in [regex]::Matches($Text, $term, 'IgnoreCase')) {
        $value = if ($one.Groups['text'].Success) { $one.Groups['text'].Value }
        elseif ($one.Groups['number'].Success) { [long] $one.Groups['number'].Value }
        else { $one.Groups['flag'].Value -eq 'TRUE' }
        @{ name = $one.Groups['name'].Value; value = $value }
    }
}

function Find-FleetInstance {
    # Rows of a SELECT, each with the names of the properties that were asked for; $null for a query that WMI would refuse.
    param([Collections.IDictionary] $Schema, [string] $Space, [string] $Query)
    if ($Query -notmatch '^\s*SELECT\s+(?<what>[\w,\s]+?)\s+FROM\s+(?<class>\w+)(?:\s+WHERE\s+(?<where>.+))?\s*$') {
        Add-FleetBreach -Sentence "This is no query of WQL that the test bed reads: $Query"
        return $null
    }
    $class, $what, $where = $Matches['class'], @($Matches['what'] -split '\s*,\s*'), $Matches['where']
    $terms = @(if ($where) { ConvertFrom-FleetCondition -Text $where })
    if ($where -and $terms.Count -eq 0) { Add-FleetBreach -Sentence "This is no condition of WQL that the test bed reads: $where"; return $null }
    if (-not (Test-FleetName -Schema $Schema -Space $Space -Class $class -Property @($what; $terms | ForEach-Object { $_.name }))) { return $null }
    $rows = $Schema['instances'][$Space.ToLowerInvariant()]
    $name = @($rows.psbase.Keys | Where-Object -FilterScript { $_ -eq $class })[0]
    $found = foreach ($row in $rows[$name]) {
        $fits = $true
        foreach ($term in $terms) { if ($row[$term.name] -ne $term.value) { $fits = $false } }
        if ($fits) { @{ row = $row; names = $what } }
    }
    @{ rows = @($found) }
}

function Find-FleetMember {
    # Rows of ASSOCIATORS OF a group; $null for a query that WMI would refuse, a text for a group that is not there.
    param([Collections.IDictionary] $Schema, [string] $Space, [string] $Query)
    $path = '^\s*ASSOCIATORS\s+OF\s+\{(?<class>\w+)\.(?<keys>.+)\}\s+WHERE\s+AssocClass\s*=\s*(?<by>\w+)\s+Role\s*=\s*(?<role>\w+)\s*$'
    if ($Query -notmatch $path) { Add-FleetBreach -Sentence "This is no query of WQL that the test bed reads: $Query"; return $null }
    $class, $by, $role, $text = $Matches['class'], $Matches['by'], $Matches['role'], $Matches['keys']
    $keys = @{}
    foreach ($one in [regex]::Matches($text, '(\w+)="((?:[^"\\]|\\.)*)"')) {
        $keys[$one.Groups[1].Value] = $one.Groups[2].Value -replace '\\(.)', '$1'
    }
    $good = Test-FleetName -Schema $Schema -Space $Space -Class $class -Property @($keys.Keys)
    $good = (Test-FleetName -Schema $Schema -Space $Space -Class $by -Property @($role)) -and $good
    if (Compare-Object @($Schema['keys'][$class]) @($keys.Keys)) {
        Add-FleetBreach -Sentence "The path of a $class has other keys: $text"
        $good = $false
    }
    if (-not $good) { return $null }
    $group = @($Schema['members'] | Where-Object -FilterScript { $_['Domain'] -eq $keys['Domain'] -and $_['Name'] -eq $keys['Name'] })
    if ($group.Count -eq 0) { return 'not found' }
    @{ rows = @(foreach ($row in $group[0]['rows']) { @{ row = $row; names = @($row.psbase.Keys) } }) }
}

function Get-CimInstance {
    [CmdletBinding()]
    param([string] $Namespace = 'root/cimv2', [string] $Query, [uint32] $OperationTimeoutSec)
    $told = Read-FleetFile -Path $env:FLEET_SERVICES
    if ($OperationTimeoutSec -eq 0) { Add-FleetBreach -Sentence "A query without a time limit: $Query" }
    $class = [regex]::Match($Query, '(?:FROM|AssocClass\s*=)\s*(\w+)', 'IgnoreCase').Groups[1].Value
    $found = if ($Query -match '^\s*ASSOCIATORS') { Find-FleetMember -Schema $told['cim'] -Space $Namespace -Query $Query }
    else { Find-FleetInstance -Schema $told['cim'] -Space $Namespace -Query $Query }
    $status = @(Get-FleetFault -Call 'Get-CimInstance'; Get-FleetFault -Call $class; if ($class -like 'RSOP_*') { $told['rsop'] })
    $status = @($status -ne $null)
    # [MS-WMI] 2.2.11: WBEM_E_INVALID_QUERY, WBEM_E_NOT_FOUND
    if ($null -eq $found) { $status += 0x80041017 } elseif ($found -is [string]) { $status += 0x80041002 }
    if ($status) {
        $id = if ($status[0] -ge 0x1000) { 'HRESULT 0x{0:x8}' -f [long] $status[0] } else { "MI RESULT $($status[0])" }
        return $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new(
                [InvalidOperationException]::new('The WMI repository is inconsistent.'), $id, 'NotSpecified', $Query))
    }
    foreach ($one in $found.rows) {
        $instance = [ordered] @{}
        foreach ($name in $one.names) {
            $value = $one.row[$name]
            $instance[$name] = if ($null -ne $value -and $name -like '*Time') { ConvertTo-FleetTime -Time $value } else { , $value }
        }
        [pscustomobject] $instance
    }
}

function Get-WinEvent {
    [CmdletBinding()]
    # Not FilterHashtable: its StartTime becomes the text of a local time, whatever its Kind is (PowerShell, GetEventCommand.cs).
    param([string] $LogName, [string] $FilterXPath, [long] $MaxEvents, [switch] $Oldest)
    $told = Read-FleetFile -Path $env:FLEET_SERVICES
    $status = Get-FleetFault -Call 'Get-WinEvent'
    if ($status -eq 258) { Start-Sleep -Seconds 60 } # a search that does not end
    if ($null -ne $status) {
        $inner = if ($status -eq 5) { [UnauthorizedAccessException]::new() } else { [InvalidOperationException]::new() }
        return $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new(
                [Exception]::new('Could not retrieve information about the Security log.', $inner), 'LogInfoUnavailable', 'NotSpecified', $null))
    }
    if ($LogName -ne 'Security') { throw "Nobody expects the log $LogName." }
    $found = @(if ($Oldest) {
            if ($told['oldest']) { @{ Id = 1100; TimeCreated = $told['oldest']; Properties = @() } }
        }
        else {
            $when = 'TimeCreated\[timediff\(@SystemTime\) <= (?<ms>\d+)\]'
            $ids = '\(EventID=(?<id>\d+)(?: or EventID=(?<id>\d+))*\)'
            $asked = [regex]::Match($FilterXPath, "^\*\[System\[(?:$when and $ids|$ids and $when)\]\]`$")
            if (-not $asked.Success) { throw "Nobody expects the query $FilterXPath" }
            $since = (Get-Date).ToUniversalTime().AddMilliseconds(-[double] $asked.Groups['ms'].Value)
            $told['events'] | Where-Object -FilterScript {
                "$($_['Id'])" -in $asked.Groups['id'].Captures.Value -and (ConvertTo-FleetTime -Time $_['TimeCreated']).ToUniversalTime() -ge $since
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

function Find-WrappedList {
    # Where in a value lies a list that is wrapped in a PSObject, as one is that came out of a pipeline in one piece.
    param([object] $Value, [string] $Place)
    if ($Value -is [string] -or $Value -is [ValueType]) { return }
    if ($Value -is [Collections.IDictionary]) {
        foreach ($name in $Value.psbase.Keys) { Find-WrappedList -Value $Value[$name] -Place "$Place.$name" }
    }
    elseif ($Value -is [Collections.IList]) {
        if ($Value -is [psobject]) { $Place }
        for ($i = 0; $i -lt $Value.psbase.Count; $i++) { Find-WrappedList -Value $Value[$i] -Place "$Place[$i]" }
    }
    elseif ($Value -is [Management.Automation.PSCustomObject]) {
        foreach ($one in $Value.psobject.Properties) { Find-WrappedList -Value $one.Value -Place "$Place.$($one.Name)" }
    }
}

function ConvertTo-Json {
    # With the parameters of Windows PowerShell 5.1, which prints such a list as {"value": [...], "Count": n}: a breach.
    [CmdletBinding()]
    param([Parameter(Mandatory, Position = 0, ValueFromPipeline)] [AllowNull()] [object] $InputObject, [int] $Depth, [switch] $Compress)
    begin {
        $cmdlet = { Microsoft.PowerShell.Utility\ConvertTo-Json @PSBoundParameters }.GetSteppablePipeline()
        $cmdlet.Begin($PSCmdlet)
    }
    process {
        foreach ($place in Find-WrappedList -Value $InputObject -Place '$') {
            Add-FleetBreach -Sentence "ConvertTo-Json gets a list in a PSObject at $place"
        }
        $cmdlet.Process($_)
    }
    end { $cmdlet.End() }
}

if ([AppDomain]::CurrentDomain.GetData('FleetServer')) {
    # In a warm server what was compiled once is there for every command; to compile it is more than half of what a command costs.
    function Add-FleetType {
        # Comes before Add-CSharpType, which ansible-core defines with each command and hands the same texts: no runspace has types of its own.
        param([string[]] $References, [object] $AnsibleModule)
        $compiled = "compiled $($References -join "`0")"
        if ([AppDomain]::CurrentDomain.GetData($compiled)) { return }
        & (Get-Command -Name Add-CSharpType -CommandType Function) @PSBoundParameters
        [AppDomain]::CurrentDomain.SetData($compiled, $true)
    }
    Set-Alias -Name Add-CSharpType -Value Add-FleetType -Scope Global
}

# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Who holds the right, what this machine is, who asks. Reads only.

Set-StrictMode -Version 2.0

$lsa = 'ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights'

function Read-Key {
	# Found: $false: no such key, $null: not known.
	param($Path, [switch] $Children)
	$key = @{ Found = $true; Data = $null }
	try {
		$key.Data = if ($Children) { Get-ChildItem -LiteralPath "HKLM:\$Path" -ErrorAction Stop }
		else { Get-ItemProperty -LiteralPath "HKLM:\$Path" -ErrorAction Stop }
	}
	catch [Management.Automation.ItemNotFoundException] { $key.Found = $false }
	catch { $key.Found = $null }
	$key
}

function Read-Service {
	param($Name)
	Read-Key "SYSTEM\CurrentControlSet\Services\$Name"
}

function Read-Value {
	# Of an object or a key; lists in one piece; $null, not {} in JSON, for what is not there.
	param($From, $Name)
	if ($From -is [string]) { $From = (Read-Key $From).Data }
	$found = if ($null -ne $From) { $From.PSObject.Properties[$Name] }
	if ($null -eq $found) { return $null }
	if ($found.Value -is [DateTime]) { return $found.Value.ToUniversalTime().ToString('o') }
	, $found.Value
}

function Read-Row {
	# Values of an object. Of: MachineRole becomes machine_role; As: key of the row -> property.
	param($From, $Of, $As = @{})
	$row = @{}
	foreach ($name in $Of) { $row[[regex]::Replace($name, '\B[A-Z]', '_$0').ToLowerInvariant()] = Read-Value $From -Name $name }
	foreach ($key in $As.Keys) { $row[$key] = Read-Value $From -Name $As[$key] }
	$row
}

function Read-File {
	# Others may be writing it meanwhile.
	param($Path)
	$held = [IO.MemoryStream]::new()
	$file = [IO.File]::Open($Path, 'Open', 'Read', 'ReadWrite, Delete')
	try { $file.CopyTo($held) } finally { $file.Dispose() }
	$held.Position = 0
	$held
}

function Read-Cim {
	# A row for each instance. Throws.
	param($Class, $As, $Where, $Namespace = 'root/cimv2', $Seconds = 10)
	$query = "SELECT $($As.Values -join ', ') FROM $Class $Where"
	foreach ($one in Get-CimInstance -Namespace $Namespace -Query $query -OperationTimeoutSec $Seconds -ErrorAction Stop) {
		Read-Row $one -As $As
	}
}

function Get-Sorted {
	# By their names, in every culture alike; one of each.
	param($Row)
	$rows = [Collections.SortedList]::new([StringComparer]::Ordinal)
	foreach ($one in $Row) { $rows[$one.Name] = $one }
	$rows.GetValueList()
}

function Get-Machine {
	$its = New-Object "$lsa.Computer"
	$computer = Read-Row $its -Of 'MachineRole', 'RoleStatus', 'RolePending', 'ReadOnly', 'Domain', 'DnsDomain'
	$computer.name, $computer.sid = $env:COMPUTERNAME, $null
	$join = Read-Key 'SYSTEM\CurrentControlSet\Control\CloudDomainJoin\JoinInfo' -Children
	$computer.entra_joined = if ($join.Found) { $null -ne $join.Data } else { $join.Found }
	$key = Read-Key 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
	$as = @{ build = 'CurrentBuild'; revision = 'UBR'; edition = 'EditionID'; caption = 'ProductName' }
	$windows = Read-Row $key.Data -Of 'InstallationType', 'DisplayVersion' -As $as
	if ($null -ne $windows.build) { $windows.build = $windows.build -as [int] }
	$windows.sku = $its.Sku
	$windows.product_type = Read-Value 'SYSTEM\CurrentControlSet\Control\ProductOptions' -Name 'ProductType'
	$computer, $windows
}

function Get-WebServer {
	param($Narrow)
	$iis = @{ services = @(); version = $null; components = @(); readable = $false }
	foreach ($name in 'IISADMIN', 'W3SVC', 'WAS', 'WMSVC') {
		$key = Read-Service $name
		if ($key.Found) { $iis.services += $name }
		if ($null -eq $key.Found) { $iis.services = $null; break }
	}
	# Not shown is not absent.
	if ($Narrow) { return $iis }

	$setup = Read-Key 'SOFTWARE\Microsoft\InetStp'
	$parts = Read-Key 'SOFTWARE\Microsoft\InetStp\Components'
	$iis.readable = $null -ne $setup.Found -and $null -ne $parts.Found
	$major = Read-Value $setup.Data -Name 'MajorVersion'
	if ($null -ne $major) { $iis.version = $major, (Read-Value $setup.Data -Name 'MinorVersion') -join '.' }
	if ($null -eq $parts.Data) { return $iis }
	$present = $parts.Data.PSObject.Properties | Where-Object { $_.Value -is [int] -and $_.Value -eq 1 }
	$iis.components = @(foreach ($one in Get-Sorted $present) { $one.Name })
	$iis
}

function Get-Feature {
	param($ProductType)
	$spooler = Read-Service 'Spooler'
	$has = @{
		adfs = (Read-Service 'adfssrv').Found
		spooler = Read-Value $spooler.Data -Name 'Start'
		spooler_known = $null -ne $spooler.Found
	}
	$has.ssis = try { , @(foreach ($one in Get-Sorted (Get-Service -Name 'MsDtsServer*' -ErrorAction Stop)) { $one.Name }) } catch { $null }
	$has.session_host = try {
		$as, $space = @{ mode = 'TerminalServerMode' }, 'root/cimv2/TerminalServices'
		$ProductType -ne 'WinNT' -and (Read-Cim 'Win32_TerminalServiceSetting' -As $as -Namespace $space).mode -eq 1
	}
	catch { $null }
	$has
}

function Get-Session {
	$token = try { New-Object "$lsa.Session" } catch { $null }
	$session = Read-Row $token -Of 'User', 'Administrator', 'Filtered', 'Elevated'
	$session.language_mode = [string] $ExecutionContext.SessionState.LanguageMode
	$session.powershell = [string] $PSVersionTable.PSVersion
	$session.bits = 8 * [IntPtr]::Size
	$session.windows_bits = if ([Environment]::Is64BitOperatingSystem) { 64 } else { 32 }
	$session
}

function Find-Account {
	# One for each name. Bare ones apart: beside them no UPN is found ([MS-LSAT] 3.1.4.5).
	param($Policy, [string[]] $Name)
	$own = $Policy.OwnDomain
	$all = $Policy.Accounts($Name)
	foreach ($one in $all) {
		$one.Name = $one.Asked.Replace('<COMPUTER>', $env:COMPUTERNAME)
		# Bare, it loses against names of the computer and of domains.
		if ($one.Name -like '.\*') { $one.Name = $own + $one.Name.Substring(1) }
	}
	$Policy.FromNames($all.Where({ $_.Name -match '[\\@]' }), $false, 'S')
	# Groups of BUILTIN go by the machine's name, too.
	$again = $all.Where({
			$_.Resolved -eq 'unmapped' -and $_.Name -match '^([^\\]+)\\[^\\@]+$' -and $Matches[1] -in $own, $env:COMPUTERNAME
		})
	foreach ($one in $again) { $one.Name, $one.Resolved = $one.Name.Split('\')[1], 'failed' }
	$Policy.FromNames($again, $true, 'S-1-5-32-')
	$bare = $all.Where({ $_.Asked -notmatch '[\\@]' })
	$Policy.FromNames($bare, $true, 'S')
	$bare = $bare.Where({ $_.Use -eq 3 })
	foreach ($one in $bare) { $one.Name = "$own\$($one.Name)" }
	$Policy.FromNames($bare, $false, 'S')
	$all
}

function Add-Sid {
	# To what pools, services and policies name, at once.
	param($Policy, $Report, [string[]] $Text)
	# The service control manager's names, in every language.
	$sids = [hashtable]::new([StringComparer]::OrdinalIgnoreCase)
	$sids['LocalSystem'] = $sids['.\LocalSystem'] = 'S-1-5-18'
	$sids['NT AUTHORITY\LocalService'] = 'S-1-5-19'
	$sids['NT AUTHORITY\NetworkService'] = 'S-1-5-20'
	$rows = @($Report['pools']; $Report['services']) -ne $null
	foreach ($one in $rows) { if (-not $one.account) { $one.account = $null } }
	$names = @(foreach ($one in @($rows | ForEach-Object { $_.account }) + $Text) {
			if ($one -and -not $sids.ContainsKey($one)) { $sids[$one] = $null; $one }
		})
	foreach ($one in Find-Account $Policy -Name $names) { $sids[$one.Asked] = $one.Sid }
	foreach ($one in $rows) { $one.sid = $sids["$($one.account)"] }
	$Report.control.sids = @(foreach ($one in $Text) { @{ asked = $one; sid = $sids[$one] } })
}

function Get-RightReport {
	param($Asked, $Exposure)

	$computer, $windows = Get-Machine
	$session = Get-Session
	$narrow = $session.bits -lt $session.windows_bits # is shown other keys
	$report = @{
		changed = $false; computer = $computer; windows = $windows; session = $session
		iis = Get-WebServer $narrow; features = Get-Feature $windows.product_type
	}
	$policy = $null
	try {
		$policy = New-Object "$lsa.Policy"
		$computer.sid = $policy.OwnSid
		$sids = $policy.Holders('SeImpersonatePrivilege')
		$accounts = Find-Account $policy -Name (@($Asked['accounts']) -ne $null)
		$found = @{}
		$all = [string[]] @($sids; foreach ($one in $accounts) { if ($one.Sid) { $one.Sid } })
		foreach ($one in $policy.FromSids($all)) { $found[$one.Asked] = $one }
		$report.holders = @(foreach ($sid in $sids) { Read-Row $found[$sid] -Of 'Sid', 'Name', 'Use', 'Resolved', 'Domain' })
		$report.accounts = @(foreach ($one in $accounts) {
				$row = Read-Row $one -Of 'Asked', 'Sid', 'Use', 'Resolved'
				$row.name = Read-Value $found["$($one.Sid)"] -Name 'Name'
				$row
			})
		$report.lookup_status = '0x{0:X8}' -f $policy.LookupStatus
		$report.pools_status, $report.pools = Get-ApplicationPool $narrow
		$report.control, $texts = Get-Control $narrow
		if ($Exposure) {
			$more, $report.services = Get-RunningService
			$report.services_more = [bool] $more
		}
		Add-Sid $policy -Report $report -Text $texts
		if ($Asked['expand']) { $report.groups = @(Get-Membership $policy -Holder $report.holders) }
		$report.not_asked = [string[]] $policy.NotAsked
		if ($null -ne $Asked['events']) { $report.events = Get-ChangeEvent $Asked['events'] }
	}
	catch {
		$reason = $_.Exception.GetBaseException()
		if ($null -eq $reason.PSObject.Properties['Call']) { throw }
		$report.failed = $true
		$report.msg = "The holders of SeImpersonatePrivilege cannot be read: $($reason.Message)"
		$report.error = @{ call = $reason.Call; status = '0x{0:X8}' -f $reason.Status }
	}
	finally { if ($policy) { $policy.Dispose() } }
	$report
}

function ConvertTo-AsciiJson {
	# No code page on the way can damage ASCII.
	param($Report)
	$json = ConvertTo-Json -InputObject $Report -Depth 8 -Compress
	[regex]::Replace($json, '[^\x20-\x7e]', { '\u{0:x4}' -f [int] [char] $args[0].Value })
}

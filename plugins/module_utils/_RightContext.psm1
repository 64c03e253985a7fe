# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Who has the right through its holders, who controls it, who changed it. Reads only.

Set-StrictMode -Version 2.0

$right = 'SeImpersonatePrivilege'

function Read-Xml {
	# Without a DTD; empty when there is no such file.
	param($Path)
	$xml = [Xml.XmlDocument]::new()
	try {
		$xml.Load([Xml.XmlReader]::Create((Read-File $Path)))
	}
	catch [IO.FileNotFoundException], [IO.DirectoryNotFoundException] { $xml.RemoveAll() }
	$xml
}

function Get-ApplicationPool {
	# How it went, and the rows, if known. Passwords stay behind.
	param($Narrow)
	try {
		$system = if ($Narrow) { 'Sysnative' } else { 'System32' }
		$folder = "$env:windir/$system/inetsrv/config"
		$elsewhere = (Read-Xml "$folder/redirection.config").SelectNodes('//configurationRedirection/@enabled')
		if ($elsewhere | Where-Object { $_.Value -eq 'true' }) { return 'elsewhere' }
		$config = Read-Xml "$folder/applicationHost.config"
		if (-not $config.HasChildNodes) { return 'none', @() }
		$defaults = $config.SelectNodes('//applicationPools/applicationPoolDefaults/processModel/@*')
		$rows = foreach ($pool in $config.SelectNodes('//applicationPools/add')) {
			$said = @{ identityType = 'ApplicationPoolIdentity'; userName = ''; manualGroupMembership = 'false' }
			foreach ($one in @($defaults; $pool.SelectNodes('processModel/@*'))) { $said[$one.Name] = $one.Value }
			@{
				name = $pool.GetAttribute('name')
				identity = $said.identityType
				account = if ($said.identityType -eq 'SpecificUser') { $said.userName } else { $null }
				manual = $said.manualGroupMembership -eq 'true'
			}
		}
		$rows = @(Get-Sorted $rows)
		if ($rows.Count -gt 2000) { return 'many' }
		'read', $rows
	}
	catch [UnauthorizedAccessException] { 'denied' }
	catch [IO.IOException] { 'locked' }
	catch [Xml.XmlException] { 'malformed' }
	catch { 'unreadable' }
}

function Get-RunningService {
	# Whether there are more than 2,000, and the first, if known.
	$as = @{ name = 'Name'; account = 'StartName'; pid = 'ProcessId' }
	try {
		$rows = @(Get-Sorted (Read-Cim 'Win32_Service' -As $as -Where "WHERE State = 'Running'" -Seconds 60))
		$first = @($rows | Select-Object -First 2000)
		foreach ($one in $first) {
			$key = Read-Service $one.name
			$keeps = Read-Value $key.Data -Name 'RequiredPrivileges'
			$one.impersonate = if ($keeps) { $keeps -contains $right } else { $null }
			$type = Read-Value $key.Data -Name 'ServiceSidType'
			$one.sid_type = if ($type -is [int]) { $type } elseif ($key.Found -and $null -eq $type) { 0 } else { $null }
		}
		($rows.Count -gt 2000), $first
	}
	catch { $null }
}

function Read-Member {
	# Of a local group by SIDs: WMI leaves out some.
	param($Policy, $Group, $Local, $Most)
	$domain, $name = $Group.name -split '\\', 2
	if ($Local) {
		foreach ($one in $Policy.FromSids($Policy.Members($name, $Most))) { Read-Row $one -Of 'Sid', 'Name', 'Use' }
		return
	}
	$domain, $name = $domain, $name -replace '["\\]', '\$0'
	$of = "{Win32_Group.Domain=`"$domain`",Name=`"$name`"} WHERE AssocClass = Win32_GroupUser Role = GroupComponent"
	$found = Get-CimInstance -Query "ASSOCIATORS OF $of" -OperationTimeoutSec 10 -ErrorAction Stop
	foreach ($one in $found | Select-Object -First $Most) {
		@{ sid = $one.SID; name = "$($one.Domain)\$($one.Name)"; use = $one.SIDType }
	}
}

function Get-Membership {
	# Of the groups among the holders, then of those in them.
	param($Policy, $Holder)
	$clock, $room, $seen, $found = [Diagnostics.Stopwatch]::StartNew(), 1000, @{}, $Holder
	for ($depth = 1; $found; $depth++) {
		$groups, $found = $found, @()
		foreach ($group in $groups) {
			if (-not $group.sid -or $group.use -notin 2, 4 -or $seen[$group.sid]) { continue }
			$row = $seen[$group.sid] = @{ sid = $group.sid; name = $group.name; status = 'limit'; members = @() }
			$row
			$most = [Math]::Min(200, $room)
			if ($depth -gt 3 -or $most -eq 0 -or $clock.Elapsed.TotalSeconds -ge 30) { continue }
			try {
				$local = $group.use -eq 4 -and $group.sid -match "^(S-1-5-32|$($Policy.OwnSid))-"
				$members = @(Read-Member $Policy -Group $group -Local $local -Most ($most + 1))
				# WMI leaves out some, or all of them.
				$row.status = if ($members.Count -gt $most) { 'limit' } elseif ($local) { 'read' } elseif ($members) { 'incomplete' } else { 'not_told' }
				$row.members = @($members | Select-Object -First $most)
			}
			catch { $row.status = 'failed' }
			$found += $row.members
			$room -= $row.members.Count
		}
	}
}

function Get-Rsop {
	# What the security extension has logged, up to a query that fails.
	param($Template)
	$rsop = @{ error = $null; extension = $null; settings = @(); gpos = @(); soms = @() }
	$from = @{ Namespace = 'root/rsop/computer' }
	try {
		$from.As = @{ ended = 'endTime'; error = 'error'; logging = 'loggingStatus' }
		$from.Where = "WHERE extensionGuid = '{827D319E-6EAC-11D2-A4EA-00C04F79F83A}'"
		foreach ($one in Read-Cim @from -Class 'RSOP_ExtensionStatus') { $rsop.extension = $one }
		$from.As = @{ gpo = 'GPOID'; som = 'SOMID'; accounts = 'AccountList'; created = 'creationTime'; error = 'ErrorCode' }
		$from.As.precedence, $from.As.status = 'precedence', 'Status'
		$from.Where = "WHERE UserRight = '$right'"
		$found = Read-Cim @from -Class 'RSOP_UserPrivilegeRight'
		$from.Where = ''
		$rsop.settings = @($found | Sort-Object { $_.precedence }, { $_.gpo } | Select-Object -First 100)
		$named = @(
			foreach ($one in $rsop.settings) {
				if ($null -ne $one.accounts) { $one.accounts = @($one.accounts | Select-Object -First 200) }
				$one.gpo
			}
			foreach ($one in $Template) { $one.gpo }
		)
		if ($named) {
			$from.As = @{ id = 'id'; guid = 'guidName'; name = 'name'; version = 'version' }
			$rsop.gpos = @(Read-Cim @from -Class 'RSOP_GPO' | Where-Object { $_.id -in $named -or $_.guid -in $named })
		}
		if ($rsop.settings) {
			$from.As = @{ id = 'id'; type = 'type' }
			$rsop.soms = @(Read-Cim @from -Class 'RSOP_SOM' | Where-Object { $_.id -in $rsop.settings.som })
		}
	}
	catch {
		$code = [regex]::Match($_.FullyQualifiedErrorId, '0x[0-9A-Fa-f]{8}').Value
		$rsop.error = if ($code) { $code.ToLowerInvariant() } else { 'failed' }
	}
	$rsop
}

function Get-Template {
	# Those in the cache that name the right; $null: not known.
	$how, $at, $rows = 'IgnoreCase, Multiline, CultureInvariant', '^[ \t]*', @() # \s: blank lines too
	try {
		foreach ($file in [IO.Directory]::GetFiles("$env:windir/security/templates/policies", 'gpt*.*') | Sort-Object) {
			$text = [IO.StreamReader]::new((Read-File $file), [Text.Encoding]::GetEncoding(0), $true).ReadToEnd()
			$line = [regex]::Match($text, "$at\[Privilege Rights\]\s*`$(?:(?!$at\[)[\s\S])*?$at$right\s*=(.*)", $how)
			if (-not $line.Success -or $rows.Count -ge 100) { continue }
			$gpo = [regex]::Match($text, "${at}GPOPath\s*=.*(\{[-0-9A-F]{36}\})", $how).Groups[1].Value
			$rows += @{ file = [IO.Path]::GetFileName($file); gpo = $gpo; value = $line.Groups[1].Value.Trim() }
		}
		, $rows
	}
	catch [IO.DirectoryNotFoundException] { , @() }
	catch { $null }
}

function Get-Control {
	# And the names in it.
	param($Narrow)
	$logging = Read-Value 'SOFTWARE\Policies\Microsoft\Windows\System' -Name 'RSoPLogging'
	$mdm = $null
	if (-not $Narrow) {
		if ($null -eq $logging) { $logging = Read-Value 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon' -Name 'RSoPLogging' }
		$key = Read-Key 'SOFTWARE\Microsoft\PolicyManager\current\device\UserRights'
		$as = @{ value = 'ImpersonateClient'; set = 'ImpersonateClient_ProviderSet'; provider = 'ImpersonateClient_WinningProvider' }
		if ($null -ne $key.Found) { $mdm = Read-Row $key.Data -As $as }
		if ($mdm -and "$($mdm.value)".Length -gt 20000) { $mdm = $null } # no part of it is the whole
	}
	$control = @{ now = (Get-Date).ToUniversalTime().ToString('o'); logging = $logging; mdm = $mdm }
	$control.templates = Get-Template
	$control.rsop = Get-Rsop $control.templates
	$texts = @(
		foreach ($one in $control.rsop.settings) { $one.accounts }
		foreach ($one in $control.templates) { $one.value -split '\s*,\s*' }
		if ($mdm) { $mdm.value -split '\s*(?:\uF000|<!\[CDATA\[|\]\]>)\s*' }
	)
	$control, @($texts -notmatch '^(\*?S-1-.*)?$' | Sort-Object -CaseSensitive -Unique | Select-Object -First 200)
}

function Read-Log {
	# Throws, also after a minute: a search has no limit.
	param($With)
	$shell = [PowerShell]::Create().AddCommand('Get-WinEvent').AddParameters($With)
	$run = $shell.BeginInvoke()
	if (-not $run.AsyncWaitHandle.WaitOne(60000)) { $null = $shell.BeginStop($null, $null); throw 'timeout' }
	$shell.EndInvoke($run)
	foreach ($one in $shell.Streams.Error) { throw $one }
}

function Get-ChangeEvent {
	param([long] $Hours)
	$log = @{ error = $null; events = @(); more = $false; oldest = $null; others = 0 }
	# StartTime means local
	$query = "*[System[TimeCreated[timediff(@SystemTime) <= $(3600000 * $Hours)] and (EventID=4704 or EventID=4705)]]"
	try {
		$log.oldest = Read-Value (Read-Log @{ LogName = 'Security'; Oldest = $true; MaxEvents = 1 }) -Name 'TimeCreated'
		$found = @(Read-Log @{ LogName = 'Security'; FilterXPath = $query; MaxEvents = 2000 })
		$log.more = $found.Count -eq 2000
		foreach ($one in $found) {
			$said = $one.Properties
			if ($said[5].Value -split '\s+' -notcontains $right) { $log.others++ }
			elseif ($log.events.Count -eq 200) { $log.more = $true }
			else {
				$log.events += @{
					id = $one.Id
					time = Read-Value $one -Name 'TimeCreated'
					subject = [string] $said[0].Value
					subject_name = $said[2].Value, $said[1].Value -join '\'
					logon = '0x{0:x}' -f $said[3].Value
					target = [string] $said[4].Value
				}
			}
		}
	}
	catch {
		$log.error = if ($_.Exception.GetBaseException() -is [UnauthorizedAccessException]) { 'denied' }
		elseif ($_.FullyQualifiedErrorId -eq 'timeout') { 'timeout' }
		elseif ($_.FullyQualifiedErrorId -notlike 'NoMatchingEventsFound*') { 'failed' }
		else { $null }
	}
	$log
}

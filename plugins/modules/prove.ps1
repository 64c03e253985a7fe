#!powershell
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Asks programs and cmdlets of Windows for what the payload of local_right_info tells, and prints their answers as they came.
# It reads only. secedit and gpresult can answer into a file alone: that lies in a folder of its own, which is removed at the end.
# It compares nothing, and shares no line with the payload.

#Requires -Version 5.1

Set-StrictMode -Version 2.0

$mostBytes = 4000000
$wow = [Environment]::Is64BitOperatingSystem -and -not [Environment]::Is64BitProcess
$system = [IO.Path]::Combine($env:windir, $(if ($wow) { 'Sysnative' } else { 'System32' }))
$scratch = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'winrights-prove-' + [Guid]::NewGuid().ToString('N'))
$answers = New-Object -TypeName 'Collections.ArrayList'

function ConvertTo-Packed {
    # Bytes or a text, cut where they are too many: gzip, then base64, which no code page on the way can damage.
    param($Content)
    if ($Content -is [string]) { $Content = [Text.Encoding]::UTF8.GetBytes($Content) }
    if ($null -eq $Content) { return $null }
    $held = New-Object -TypeName 'IO.MemoryStream'
    $zip = New-Object -TypeName 'IO.Compression.GZipStream' -ArgumentList $held, ([IO.Compression.CompressionMode]::Compress)
    $zip.Write($Content, 0, [Math]::Min($Content.Length, $mostBytes))
    $zip.Close()
    [Convert]::ToBase64String($held.ToArray())
}

function Add-Answer {
    param([string] $Source, [string] $Asked, $Clock, $Code, $Problem, $Out, $Err, $File)
    $cut = $false
    foreach ($one in $Out, $Err, $File) { if ($null -ne $one -and $one.Length -gt $mostBytes) { $cut = $true } }
    $null = $answers.Add(@{
            source = ConvertTo-Packed -Content $Source; asked = ConvertTo-Packed -Content $Asked; seconds = [Math]::Round($Clock.Elapsed.TotalSeconds, 3)
            exit_code = $Code; problem = ConvertTo-Packed -Content $Problem; cut = $cut
            out = ConvertTo-Packed -Content $Out; err = ConvertTo-Packed -Content $Err; file = ConvertTo-Packed -Content $File
        })
}

function Invoke-Program {
    # A program of Windows, by its full path, for some seconds; and the file that it was told to write.
    param([string] $Source, [string] $Program, [string] $Words, [int] $Seconds = 30, [string] $File, [string] $Hide)
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $code, $problem, $written = $null, $null, $null
    $out, $err = (New-Object -TypeName 'IO.MemoryStream'), (New-Object -TypeName 'IO.MemoryStream')
    try {
        $start = New-Object -TypeName 'Diagnostics.ProcessStartInfo'
        $start.FileName = [IO.Path]::Combine($system, $Program)
        $start.Arguments = $Words
        $start.UseShellExecute = $false
        $start.CreateNoWindow = $true
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
        $process = [Diagnostics.Process]::Start($start)
        $process.StandardInput.Close()
        $copies = $process.StandardOutput.BaseStream.CopyToAsync($out), $process.StandardError.BaseStream.CopyToAsync($err)
        if (-not $process.WaitForExit(1000 * $Seconds)) {
            $problem = "timeout after $Seconds seconds"
            $process.Kill()
        }
        $null = [Threading.Tasks.Task]::WaitAll([Threading.Tasks.Task[]] $copies, 5000)
        if ($null -eq $problem) { $code = $process.ExitCode }
        if ($File -and [IO.File]::Exists($File)) { $written = [IO.File]::ReadAllBytes($File) }
    }
    catch { $problem = $_.Exception.GetBaseException().Message }
    $told = $out.ToArray()
    if ($Hide) {
        # Latin-1 has a character for each byte, so that only what is hidden changes.
        $bytewise = [Text.Encoding]::GetEncoding(28591)
        $told = $bytewise.GetBytes([regex]::Replace($bytewise.GetString($told), $Hide, ''))
    }
    Add-Answer -Source $Source -Asked "$Program $Words" -Clock $clock -Code $code -Problem $problem -Out $told -Err $err.ToArray() -File $written
}

function Invoke-Cmdlet {
    # A script of its own for some seconds; what it returns becomes JSON.
    param([string] $Source, [string] $Asked, [scriptblock] $Script, $With, [int] $Seconds = 60)
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $problem, $out = $null, $null
    try {
        $shell = [PowerShell]::Create().AddScript([string] $Script).AddArgument($With)
        $pending = $shell.BeginInvoke()
        if ($pending.AsyncWaitHandle.WaitOne(1000 * $Seconds)) {
            $rows = New-Object -TypeName 'Collections.ArrayList'
            foreach ($one in $shell.EndInvoke($pending)) { $null = $rows.Add($one.PSObject.BaseObject) }
            foreach ($one in $shell.Streams.Error) { $problem = "$($one.FullyQualifiedErrorId): $($one.Exception.Message)" }
            $out = ConvertTo-Json -InputObject @($rows.ToArray()) -Depth 6 -Compress
        }
        else {
            $problem = "timeout after $Seconds seconds"
            $null = $shell.BeginStop($null, $null)
        }
    }
    catch {
        $deep = $_.Exception.GetBaseException()
        $problem = $deep.Message
        $record = $deep.PSObject.Properties['ErrorRecord']
        if ($null -ne $record -and $null -ne $record.Value) { $problem = "$($record.Value.FullyQualifiedErrorId): $problem" }
    }
    Add-Answer -Source $Source -Asked $Asked -Clock $clock -Problem $problem -Out $out
}

$translate = {
    param($Asked)
    foreach ($name in $Asked['names']) {
        $row = @{ asked = $name; sid = $null; error = $null }
        try {
            $account = New-Object -TypeName 'Security.Principal.NTAccount' -ArgumentList $name
            $row.sid = [string] $account.Translate([Security.Principal.SecurityIdentifier]).Value
        }
        catch { $row.error = $_.Exception.GetBaseException().GetType().Name }
        $row
    }
    foreach ($sid in $Asked['sids']) {
        $row = @{ sid = $sid; name = $null; back = $null; error = $null }
        try {
            $name = (New-Object -TypeName 'Security.Principal.SecurityIdentifier' -ArgumentList $sid).Translate([Security.Principal.NTAccount])
            $row.name = [string] $name.Value
            $account = New-Object -TypeName 'Security.Principal.NTAccount' -ArgumentList $row.name
            $row.back = [string] $account.Translate([Security.Principal.SecurityIdentifier]).Value
        }
        catch { $row.error = $_.Exception.GetBaseException().GetType().Name }
        $row
    }
}

$askComputer = {
    $one = Get-CimInstance -Query 'SELECT DomainRole, Name, Domain, PartOfDomain FROM Win32_ComputerSystem' -OperationTimeoutSec 30 -ErrorAction Stop
    @{ DomainRole = [int] $one.DomainRole; Name = [string] $one.Name; Domain = [string] $one.Domain; PartOfDomain = [bool] $one.PartOfDomain }
}

$askWindows = {
    $query = 'SELECT BuildNumber, OperatingSystemSKU, ProductType, Caption, OSArchitecture, OSLanguage FROM Win32_OperatingSystem'
    $one = Get-CimInstance -Query $query -OperationTimeoutSec 30 -ErrorAction Stop
    @{
        BuildNumber = [string] $one.BuildNumber; OperatingSystemSKU = [long] $one.OperatingSystemSKU; ProductType = [int] $one.ProductType
        Caption = [string] $one.Caption; OSArchitecture = [string] $one.OSArchitecture; OSLanguage = [int] $one.OSLanguage
    }
}

$askFeature = {
    param($Server)
    if ($Server) {
        foreach ($one in Get-WindowsFeature -Name 'Web-Server', 'Web-WebServer' -ErrorAction Stop) {
            @{ Name = [string] $one.Name; State = [string] $one.InstallState }
        }
    }
    else {
        $one = Get-WindowsOptionalFeature -Online -FeatureName 'IIS-WebServer' -ErrorAction Stop
        @{ Name = [string] $one.FeatureName; State = [string] $one.State }
    }
}

$askMembers = {
    param($Sid)
    $name = (New-Object -TypeName 'Security.Principal.SecurityIdentifier' -ArgumentList $Sid).Translate([Security.Principal.NTAccount]).Value
    $group = New-Object -TypeName 'DirectoryServices.DirectoryEntry' -ArgumentList "WinNT://./$($name.Split('\')[-1]),group"
    foreach ($one in @($group.Invoke('Members'))) {
        $member = New-Object -TypeName 'DirectoryServices.DirectoryEntry' -ArgumentList $one
        @{ sid = [BitConverter]::ToString([byte[]] $member.Properties['objectSid'].Value) }
    }
}

$askClass = {
    param($Asked)
    $class = Get-CimClass -Namespace $Asked[0] -ClassName $Asked[1] -OperationTimeoutSec 30 -ErrorAction Stop
    foreach ($one in $class.CimClassProperties) {
        $flags = [string] $one.Flags
        @{ name = [string] $one.Name; type = [string] $one.CimType; key = ($flags -split '\W+' -contains 'Key') }
    }
}

$askGround = {
    $culture = [Globalization.CultureInfo]::CurrentCulture
    $compiler = [IO.Path]::Combine([Runtime.InteropServices.RuntimeEnvironment]::GetRuntimeDirectory(), 'csc.exe')
    $versions = @{}
    foreach ($key in 'PSVersion', 'PSEdition', 'CLRVersion', 'BuildVersion', 'WSManStackVersion') { $versions[$key] = [string] $PSVersionTable[$key] }
    @{
        powershell = $versions
        compiler = if ([IO.File]::Exists($compiler)) { [string] [Diagnostics.FileVersionInfo]::GetVersionInfo($compiler).FileVersion } else { $null }
        culture = $culture.Name; language = [Globalization.CultureInfo]::CurrentUICulture.Name
        ansi = $culture.TextInfo.ANSICodePage; oem = $culture.TextInfo.OEMCodePage; console = [Console]::OutputEncoding.CodePage
        bits = 8 * [IntPtr]::Size
        json = ConvertTo-Json -InputObject @{ list = @('one'); none = @(); empty = $null; text = 'a "b" <c>' } -Depth 2 -Compress
    }
}

function Invoke-All {
    param($Asked)
    Invoke-Cmdlet -Source 'ground' -Asked 'ground' -Script $askGround
    foreach ($kind in 'secedit', 'secedit_merged') {
        $cfg, $log = [IO.Path]::Combine($scratch, "$kind.inf"), [IO.Path]::Combine($scratch, "$kind.log")
        $merged = if ($kind -eq 'secedit_merged') { '/mergedpolicy ' } else { '' }
        $words = "/export $merged/cfg `"$cfg`" /areas USER_RIGHTS /log `"$log`" /quiet"
        Invoke-Program -Source $kind -Program 'secedit.exe' -Words $words -Seconds 60 -File $cfg
    }
    Invoke-Cmdlet -Source 'translate' -Asked 'SecurityIdentifier.Translate' -Script $translate -With $Asked -Seconds 120
    foreach ($what in 'user', 'groups', 'priv') { Invoke-Program -Source "whoami_$what" -Program 'whoami.exe' -Words "/$what /fo csv" }
    Invoke-Cmdlet -Source 'computer_system' -Asked 'Win32_ComputerSystem' -Script $askComputer
    Invoke-Cmdlet -Source 'operating_system' -Asked 'Win32_OperatingSystem' -Script $askWindows
    Invoke-Program -Source 'ver' -Program 'cmd.exe' -Words '/c ver'
    Invoke-Program -Source 'dsregcmd' -Program 'dsregcmd.exe' -Words '/status'
    $server = [bool] $Asked['server']
    $cmdlet = if ($server) { 'Get-WindowsFeature' } else { 'Get-WindowsOptionalFeature' }
    Invoke-Cmdlet -Source 'feature' -Asked $cmdlet -Script $askFeature -With $server -Seconds 120
    Invoke-Program -Source 'appcmd' -Program ([IO.Path]::Combine('inetsrv', 'appcmd.exe')) -Words 'list apppool /config /xml' -Hide '(?i)\s?password\s*=\s*("[^"]*"|''[^'']*'')'
    Invoke-Program -Source 'sc_queryex' -Program 'sc.exe' -Words 'queryex type= service bufsize= 262144'
    foreach ($name in $Asked['services']) {
        foreach ($verb in 'qc', 'qprivs', 'qsidtype') {
            $size = if ($verb -eq 'qsidtype') { '' } else { ' 8192' }
            Invoke-Program -Source "sc_$verb $name" -Program 'sc.exe' -Words "$verb `"$name`"$size"
        }
    }
    foreach ($sid in $Asked['groups']) {
        Invoke-Cmdlet -Source "adsi $sid" -Asked 'WinNT' -Script $askMembers -With $sid
    }
    foreach ($name in $Asked['group_names']) { Invoke-Program -Source "net $name" -Program 'net.exe' -Words "localgroup `"$name`"" }
    $xml = [IO.Path]::Combine($scratch, 'gpresult.xml')
    Invoke-Program -Source 'gpresult' -Program 'gpresult.exe' -Words "/scope computer /x `"$xml`" /f" -Seconds 120 -File $xml
    foreach ($one in $Asked['registry']) {
        $value = if ($one[1]) { " /v `"$($one[1])`"" } else { '' }
        $view = if ([Environment]::Is64BitOperatingSystem) { ' /reg:64' } else { '' }
        Invoke-Program -Source "reg $($one[0])|$($one[1])" -Program 'reg.exe' -Words "query `"HKLM\$($one[0])`"$value$view"
    }
    $since = 3600000 * [int] $Asked['hours']
    $query = "*[System[(EventID=4704 or EventID=4705) and TimeCreated[timediff(@SystemTime) <= $since]]]"
    Invoke-Program -Source 'wevtutil' -Program 'wevtutil.exe' -Words "qe Security `"/q:$query`" /c:200 /rd:true /f:xml"
    Invoke-Program -Source 'auditpol' -Program 'auditpol.exe' -Words '/get /subcategory:{0CCE9231-69AE-11D9-BED3-505054503030} /r'
    foreach ($one in $Asked['classes']) {
        Invoke-Cmdlet -Source "class $($one[0])|$($one[1])" -Asked 'Get-CimClass' -Script $askClass -With @($one[0], $one[1])
    }
}

$clean = $true
try {
    $null = [IO.Directory]::CreateDirectory($scratch)
    Invoke-All -Asked $complex_args
}
finally {
    try { [IO.Directory]::Delete($scratch, $true) } catch { $clean = $false }
}
ConvertTo-Json -InputObject @{ changed = $false; clean = $clean; answers = $answers.ToArray() } -Depth 4 -Compress

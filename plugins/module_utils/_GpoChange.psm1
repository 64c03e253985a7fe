# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Carries out one change of a GPO as it is told: compares, writes the template, the object in the directory and gpt.ini, reads all of
# it again, and undoes when anything fails. Makes no content of its own: bytes, versions and extensions come from where the policy is.

#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._RightReport
#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._GpoReport

Set-StrictMode -Version 2.0

$below = 'Machine', 'Microsoft', 'Windows NT', 'SecEdit' # [MS-GPSB] 2.2
$mostBytes = 1MB

function New-Change {
    # What is asked for and where, and what comes of it.
    param($Connection, [hashtable] $Domain, $Asked, [hashtable] $Answer)
    $guid = [string] $Asked['guid']
    if (-not (Test-Guid $guid)) { throw (New-Failure 'compare' -Message 'this is no GUID.') }
    $entry = Find-Gpo -Connection $Connection -Domain $Domain -Guid $guid
    if (-not (Test-Place $Domain -Guid $guid -Path (Read-Attribute $entry -Name 'gPCFileSysPath'))) {
        throw (New-Failure 'compare' -Message 'gPCFileSysPath leads elsewhere.')
    }
    Confirm-Folder $Domain -Guid $guid
    $run = @{
        connection = $Connection; domain = $Domain; answer = $Answer; guid = $guid; dn = $entry.DistinguishedName
        old = $null; earlier = $null; unfinished = $false; made = [Collections.ArrayList]::new(); beside = @($guid) + $below; wanted = $Asked; names = @{}; new = @{}; undo = $Asked['undo']
    }
    foreach ($kind in 'template', 'gpt_ini') {
        $folder, $name = if ($kind -eq 'template') { $run.beside, 'GptTmpl.inf' } else { @($guid), 'gpt.ini' }
        $run.names[$kind] = @{ target = @($folder) + $name; temp = @($folder) + "~winrights-$kind-new.tmp"; backup = @($folder) + "~winrights-$kind-old.tmp" }
        $run.new[$kind] = if ($null -ne $Asked[$kind]) { , [Convert]::FromBase64String($Asked[$kind]) }
    }
    $run.names.journal = @($run.beside) + '~winrights-seimpersonate.tmp'
    $run.goal = @{
        template_sha256 = Get-Digest $run.new.template; version = [int] $Asked['version']; extensions = $Asked['extensions']
        gpt_ini_sha256 = Get-Digest $run.new.gpt_ini
    }
    $run
}

function Invoke-Step {
    # Work with files. Throws in the words of the answer: the step, and the HRESULT.
    param([string] $Call, [scriptblock] $Script)
    try { & $Script }
    catch {
        $reason = $_.Exception.GetBaseException()
        if ($reason.Data.Contains('call')) { throw (New-Failure $Call -Message $reason.Message) }
        throw (New-Failure $Call -Status ('0x{0:X8}' -f $reason.HResult))
    }
}

function Join-Name {
    # Where a file is, whether it is there or not. Throws for a link on the way.
    param([hashtable] $Run, [string[]] $Name)
    try { Resolve-Below $Run.domain -Name $Name }
    catch [IO.FileNotFoundException], [IO.DirectoryNotFoundException] { [IO.Path]::Combine([string[]] (@($Run.domain.policies) + $Name)) }
}

function Read-Exact {
    # Bytes of a file; $null where there is none. Throws for one that cannot be read.
    param([hashtable] $Run, [string] $Call, [string[]] $Name)
    $file = Invoke-Step $Call -Script {
        try {
            $path = Resolve-Below $Run.domain -Name $Name
            if ([IO.FileInfo]::new($path).Length -gt $mostBytes) { throw (New-Failure $Call -Message "$($Name[-1]) is too large.") }
            @{ bytes = (Read-File $path).ToArray() }
        }
        catch [IO.FileNotFoundException], [IO.DirectoryNotFoundException] { @{ bytes = $null } }
    }
    if ($null -eq $file.bytes) { return $null }
    , $file.bytes
}

function Write-Exact {
    # A new file, down to the disk. Throws.
    param([hashtable] $Run, [string] $Call, [string[]] $Name, [byte[]] $Bytes)
    Invoke-Step $Call -Script {
        $path = Join-Name $Run -Name $Name
        $file = [IO.File]::Open($path, 'Create', 'Write', 'None')
        try {
            $file.Write($Bytes, 0, $Bytes.Length)
            $file.Flush($true)
        }
        finally { $file.Dispose() }
    }
}

function Remove-Exact {
    # A file, where there is one. Throws.
    param([hashtable] $Run, [string] $Call, [string[]] $Name)
    Invoke-Step $Call -Script { $path = Join-Name $Run -Name $Name; if ([IO.File]::Exists($path)) { [IO.File]::Delete($path) } }
}

function Move-Exact {
    # What is new into the place of what is there, which has another name then (ReplaceFileW keeps who may do what with the file).
    param([hashtable] $Run, [string] $Call, [string] $Kind, [bool] $Nothing)
    Remove-Exact $Run -Call $Call -Name $Run.names[$Kind].backup
    Invoke-Step $Call -Script {
        $target, $temp, $backup = foreach ($one in 'target', 'temp', 'backup') { Join-Name $Run -Name $Run.names[$Kind][$one] }
        if ($Nothing) { [IO.File]::Move($target, $backup) }
        elseif ([IO.File]::Exists($target)) { [IO.File]::Replace($temp, $target, $backup) }
        else { [IO.File]::Move($temp, $target) }
    }
}

function Read-Container {
    # Both attributes. Throws.
    param([hashtable] $Run)
    $entry = Find-Gpo -Connection $Run.connection -Domain $Run.domain -Guid $Run.guid
    @{ version = (Read-Attribute $entry -Name 'versionNumber') -as [int]; extensions = Read-Attribute $entry -Name 'gPCMachineExtensionNames' }
}

function Write-Container {
    # Both attributes in one modify, as [MS-GPOL] 2.2.8.2 has it. Throws.
    param([hashtable] $Run, [string] $Call, [int] $Version, $Extensions)
    $request = [DirectoryServices.Protocols.ModifyRequest]::new()
    $request.DistinguishedName = $Run.dn
    foreach ($name in 'versionNumber', 'gPCMachineExtensionNames') {
        $one = [DirectoryServices.Protocols.DirectoryAttributeModification]::new()
        $one.Name, $one.Operation = $name, 'Replace'
        $value = if ($name -eq 'versionNumber') { "$Version" } else { $Extensions }
        if ($value) { $null = $one.Add([string] $value) } # without a value the attribute goes
        $null = $request.Modifications.Add($one)
    }
    $null = Invoke-Ldap $Run.connection -Request $request -Call $Call
}

function Get-State {
    # All that a change writes, as it is; keeps the bytes that were there first. Throws.
    param([hashtable] $Run, [string] $Call)
    $template = Read-Exact $Run -Call $Call -Name $Run.names.template.target
    $ini = Read-Exact $Run -Call $Call -Name $Run.names.gpt_ini.target
    if ($null -eq $Run.old) { $Run.old = @{ template = $template; gpt_ini = $ini } }
    $state = Read-Container $Run
    $state.template_sha256, $state.gpt_ini_sha256 = (Get-Digest $template), (Get-Digest $ini)
    $state
}

function Find-Difference {
    # Names of the parts in which two states differ.
    param($One, $Other)
    foreach ($name in 'extensions', 'gpt_ini_sha256', 'template_sha256', 'version') { if ("$($One[$name])" -cne "$($Other[$name])") { $name } }
}

function Test-Same {
    # Whether two states have the same attributes of the container.
    param($One, $Other)
    -not @(Find-Difference $One -Other $Other | Where-Object -FilterScript { $_ -in 'version', 'extensions' }).Count
}

function Start-Journal {
    # What an interrupted change leaves behind. One with the same goal stays: it alone knows what was before. Throws.
    param([hashtable] $Run)
    Confirm-Folder $Run.domain -Guid $Run.guid
    $path = [IO.Path]::Combine($Run.domain.policies, $Run.guid)
    foreach ($one in $below) {
        $path = [IO.Path]::Combine($path, $one)
        if ([IO.Directory]::Exists($path)) { continue }
        Invoke-Step 'write journal' -Script { $null = [IO.Directory]::CreateDirectory($path) }
        $null = $Run.made.Add($path)
    }
    $Run.earlier = Read-Exact $Run -Call 'write journal' -Name $Run.names.journal
    if ($null -ne $Run.earlier) {
        $told = try { (ConvertFrom-Json -InputObject ([Text.Encoding]::UTF8.GetString($Run.earlier))).after } catch { $null }
        $after = @{}
        if ($told -is [Management.Automation.PSCustomObject]) { foreach ($one in $told.PSObject.Properties) { $after[$one.Name] = $one.Value } }
        $Run.unfinished = -not @(Find-Difference $after -Other $Run.goal).Count
    }
    if ($Run.unfinished) { return }
    $text = ConvertTo-AsciiJson -Report @{ guid = $Run.guid; before = $Run.answer.before; after = $Run.goal }
    try { Write-Exact $Run -Call 'write journal' -Name $Run.names.journal -Bytes ([Text.Encoding]::ASCII.GetBytes($text)) }
    catch {
        $failed = $_
        try { Reset-Journal $Run } catch { Write-Verbose -Message "The journal is not as it was: $_" }
        throw $failed
    }
}

function Set-File {
    # One of the two files, if it is not so already. Throws, also where somebody else wrote it meanwhile.
    param([hashtable] $Run, [string] $Kind)
    $content, $old = $Run.new[$Kind], $Run.old[$Kind]
    if ((Get-Digest $content) -eq (Get-Digest $old)) { return }
    if ($null -ne $content) { Write-Exact $Run -Call "write $Kind" -Name $Run.names[$Kind].temp -Bytes $content }
    $there = Read-Exact $Run -Call "compare $Kind" -Name $Run.names[$Kind].target
    if ((Get-Digest $there) -ne (Get-Digest $old)) { throw (New-Failure "compare $Kind" -Message "$Kind was changed by somebody else meanwhile.") }
    $Run.answer.attempted += $Kind
    Move-Exact $Run -Call "replace $Kind" -Kind $Kind -Nothing ($null -eq $content)
}

function Submit-Change {
    # Everything in its order. Throws.
    param([hashtable] $Run)
    $before, $goal = $Run.answer.before, $Run.goal
    Set-File $Run -Kind 'template'
    if (-not (Test-Same $before -Other $goal)) {
        # A version that somebody else has given it meanwhile is no lower one afterwards.
        if (-not (Test-Same (Read-Container $Run) -Other $before)) {
            throw (New-Failure 'compare container' -Message 'container was changed by somebody else meanwhile.')
        }
        $Run.answer.attempted += 'container'
        Write-Container $Run -Call 'ldap modify' -Version $goal.version -Extensions $goal.extensions
    }
    Set-File $Run -Kind 'gpt_ini'
    $Run.answer.after = Get-State $Run -Call 're-read'
    if (@(Find-Difference $Run.answer.after -Other $goal).Count) {
        throw (New-Failure 're-read' -Message 'a second read shows something else than was written.')
    }
}

function Test-Written {
    # Whether the directory has this change, whatever it answered, and no other; not where that cannot be read.
    param([hashtable] $Run)
    try { Test-Same (Read-Container $Run) -Other $Run.goal } catch { $false }
}

function Reset-Content {
    # One of the two files as it was, or gpt.ini with the version of an undoing; not where somebody else has written it since. Throws.
    param([hashtable] $Run, [string] $Kind, $Bytes)
    $call = "undo $Kind"
    $there = Get-Digest (Read-Exact $Run -Call $call -Name $Run.names[$Kind].target)
    if ($there -eq (Get-Digest $Bytes)) { return }
    # None: ReplaceFileW has moved the original away, and could not go on (ERROR_UNABLE_TO_MOVE_REPLACEMENT_2).
    if ($null -ne $there -and $there -notin (Get-Digest $Run.new[$Kind]), (Get-Digest $Run.old[$Kind])) {
        throw (New-Failure $call -Message "$Kind was changed by somebody else meanwhile.")
    }
    if ($null -ne $Bytes) { Write-Exact $Run -Call $call -Name $Run.names[$Kind].temp -Bytes $Bytes }
    Move-Exact $Run -Call $call -Kind $Kind -Nothing ($null -eq $Bytes)
    $Run.answer.undone += $Kind
}

function Undo-Change {
    # Puts back what was written, last first, with a version that clients have not seen; then reads it all again.
    param([hashtable] $Run)
    $answer, $before = $Run.answer, $Run.answer.before
    $answer.outcome, $answer.after = 'unknown', $null
    $told = 'container' -in $answer.attempted -and (Test-Written $Run)
    $ini, $goal = $Run.old.gpt_ini, $before.Clone()
    if ($told) {
        $ini, $goal.version = [Convert]::FromBase64String($Run.undo['gpt_ini']), [int] $Run.undo['version']
        $goal.gpt_ini_sha256 = Get-Digest $ini
    }
    $steps = @(
        if ($told -or 'gpt_ini' -in $answer.attempted) { { Reset-Content $Run -Kind 'gpt_ini' -Bytes $ini } }
        if ($told) { { Write-Container $Run -Call 'ldap undo' -Version $goal.version -Extensions $before.extensions; $answer.undone += 'container' } }
        if ('template' -in $answer.attempted) { { Reset-Content $Run -Kind 'template' -Bytes $Run.old.template } }
    )
    foreach ($step in $steps) {
        # What cannot be put back does not keep the rest from being put back; the second read tells.
        try { & $step } catch { Write-Verbose -Message "Not undone: $_" }
    }
    try {
        $answer.after = Get-State $Run -Call 're-read'
        if ($answer.attempted.Count -and @(Find-Difference $answer.after -Other $goal).Count) { return }
        $answer.outcome = if ($answer.attempted.Count) { 'undone' } else { 'not_started' }
        Clear-Beside $Run -Undone
    }
    catch { Write-Verbose -Message "Nobody knows the GPO now: $_" }
}

function Remove-Journal {
    # The journal, and the folders that were made for it. Throws.
    param([hashtable] $Run)
    Remove-Exact $Run -Call 'remove journal' -Name $Run.names.journal
    for ($i = $Run.made.Count - 1; $i -ge 0; $i--) {
        if (@([IO.Directory]::GetFileSystemEntries($Run.made[$i])).Count) { break }
        Invoke-Step 'remove journal' -Script { [IO.Directory]::Delete($Run.made[$i]) }
    }
}

function Reset-Journal {
    # As this run found it: that of another change that did not end tells of what is there still. Throws.
    param([hashtable] $Run)
    if ($Run.unfinished) { return }
    if ($null -eq $Run.earlier) { Remove-Journal $Run; return }
    Write-Exact $Run -Call 'remove journal' -Name $Run.names.journal -Bytes $Run.earlier
}

function Clear-Beside {
    # What lies beside the files, the journal last; what cannot be removed is told.
    param([hashtable] $Run, [switch] $Undone)
    try {
        foreach ($kind in 'template', 'gpt_ini') {
            foreach ($one in 'temp', 'backup') { Remove-Exact $Run -Call 'remove backup' -Name $Run.names[$kind][$one] }
        }
        if ($Undone) { Reset-Journal $Run } else { Remove-Journal $Run }
    }
    catch { if ($null -eq $Run.answer.error) { $Run.answer.error, $null = Get-Reason $_ -During 'remove journal' } }
}

function Invoke-Change {
    # A change of which nothing has been begun. Returns why it failed, or nothing.
    param([hashtable] $Run)
    $answer = $Run.answer
    try {
        $answer.before = $answer.after = Get-State $Run -Call 'compare'
        $differing = @(Find-Difference $answer.before -Other $Run.wanted['expected'])
        if ($differing.Count) { throw (New-Failure 'compare' -Message "$($differing -join ', ') is not the expected one.") }
        Start-Journal $Run
    }
    catch {
        $answer.error, $sentence = Get-Reason $_ -During 'compare'
        return $sentence
    }
    try {
        Submit-Change $Run
        $answer.outcome = 'applied'
    }
    catch {
        $answer.error, $sentence = Get-Reason $_ -During 'change'
        Undo-Change $Run
        return $sentence
    }
    Clear-Beside $Run
}

function Set-Gpo {
    <#
    .SYNOPSIS
    Brings one GPO to the given bytes, version and extensions where it is as expected. Tells as a hashtable what was done and how it is now.
    #>
    param([object] $Asked)
    $answer = @{ changed = $false; outcome = 'not_started'; attempted = @(); undone = @(); before = $null; after = $null; error = $null }
    $sentence = $null
    try {
        $told = @{}
        $computer = Get-Controller $told
        $connection = Connect-Directory
        try {
            $domain = Add-Domain $connection -Row $told.controller -Computer $computer
            $here = $told.controller
            if ($here.read_only -or -not $here.is_pdc_emulator) {
                $what = if ($here.read_only) { 'is read-only' } else { 'is not the PDC emulator' }
                $who = if ($here.pdc_emulator) { ", $($here.pdc_emulator) is" } else { '' }
                throw (New-Failure 'controller' -Message "this domain controller $what$who.")
            }
            $sentence = Invoke-Change (New-Change $connection -Domain $domain -Asked $Asked -Answer $answer)
        }
        finally { $connection.Dispose() }
    }
    catch { $answer.error, $sentence = Get-Reason $_ -During 'change' }
    $answer.changed = $answer.outcome -in 'applied', 'unknown' -and $answer.attempted.Count -gt 0
    $meaning = @{ not_started = 'was not changed'; undone = 'is as before, the change failed'; unknown = 'may be half changed' }
    if ($answer.outcome -ne 'applied') {
        $answer.failed = $true
        $answer.msg = "The GPO $($meaning[$answer.outcome]): $sentence"
    }
    $answer
}

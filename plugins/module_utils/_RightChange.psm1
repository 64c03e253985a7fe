# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Carries out one change of a user right as it is told: compares, adds, removes, reads again, and undoes when anything
# fails. Judges nothing: who gets and who loses the right was decided where the policy is.

#AnsibleRequires -CSharpUtil ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaChange
#AnsibleRequires -PowerShell ansible_collections.winrights.seimpersonate.plugins.module_utils._RightReport

Set-StrictMode -Version 2.0

$right = 'SeImpersonatePrivilege'
$succeeded = '0x00000000'
$absent = '0xC0000034' # STATUS_OBJECT_NAME_NOT_FOUND: no account object, hence no rights

function Invoke-Step {
    # One call that writes, as a row for the answer.
    param([object] $Policy, [string] $Operation, [string] $Sid)
    $status = if ($Operation -eq 'add') { $Policy.Add($Sid, $right) } else { $Policy.Remove($Sid, $right) }
    @{ op = $Operation; sid = $Sid; status = '0x{0:X8}' -f $status }
}

function Test-Holder {
    # Whether these are the holders, in whatever order.
    param([string[]] $Holder, [Collections.Generic.HashSet[string]] $Wanted)
    $Wanted.SetEquals($Holder)
}

function Get-Failure {
    # What failed: the call if the exception names one.
    param([Management.Automation.ErrorRecord] $Record, [string] $During)
    $reason = $Record.Exception.GetBaseException()
    $known = $null -ne $reason.PSObject.Properties['Call']
    @{
        call = if ($known) { $reason.Call } else { $During }
        status = if ($known) { '0x{0:X8}' -f $reason.Status } else { $null }
        sid = $null
    }
    $reason.Message
}

function Submit-Plan {
    # Makes the calls in the order given until one fails, then reads again. Tells in one sentence what went wrong.
    param([object] $Policy, [hashtable] $Change, [object[]] $Plan, [Collections.Generic.HashSet[string]] $Goal)
    try {
        foreach ($step in $Plan) {
            $row = Invoke-Step -Policy $Policy -Operation $step.op -Sid $step.sid
            $Change.attempted += $row
            if ($row.status -eq $succeeded -or ($row.op -eq 'remove' -and $row.status -eq $absent)) { continue }
            $call = if ($row.op -eq 'add') { 'LsaAddAccountRights' } else { 'LsaRemoveAccountRights' }
            $Change.error = @{ call = $call; status = $row.status; sid = $row.sid }
            return "$call of $($row.sid) failed with $($row.status)."
        }
        $Change.after = @($Policy.Holders($right))
        if (Test-Holder -Holder $Change.after -Wanted $Goal) {
            $Change.outcome = 'applied'
        }
        else {
            $Change.error = @{ call = 're-read'; status = $null; sid = $null }
            'a second read shows others than were asked for.'
        }
    }
    catch {
        $Change.error, $sentence = Get-Failure -Record $_ -During 're-read'
        $sentence
    }
}

function Undo-Plan {
    # Takes back what was done, last call first. What had no effect is left alone: a holder from before stays one.
    param([object] $Policy, [hashtable] $Change, [Collections.Generic.HashSet[string]] $Before)
    $Change.after = $null
    try {
        for ($i = $Change.attempted.Count - 1; $i -ge 0; $i--) {
            $row = $Change.attempted[$i]
            if ($row.status -ne $succeeded -or $Before.Contains($row.sid) -eq ($row.op -eq 'add')) { continue }
            $opposite = if ($row.op -eq 'add') { 'remove' } else { 'add' }
            $Change.undone += Invoke-Step -Policy $Policy -Operation $opposite -Sid $row.sid
        }
        $Change.after = @($Policy.Holders($right))
        if (Test-Holder -Holder $Change.after -Wanted $Before) { $Change.outcome = 'undone' }
    }
    catch {
        Write-Verbose -Message "Nobody knows the holders now: $_"
    }
}

function Set-Right {
    <#
    .SYNOPSIS
    Gives SeImpersonatePrivilege to some SIDs and takes it from others where the holders are the expected ones.
    Tells as a hashtable what was done and who holds it now.
    #>
    param([string[]] $Expected, [string[]] $Add, [string[]] $Remove)

    $change = @{
        changed = $false
        outcome = 'not_started'
        before = $null
        after = $null
        attempted = @()
        undone = @()
        error = $null
        session = Get-Session
    }
    $plan = @(
        foreach ($sid in $Add) { @{ op = 'add'; sid = $sid } }
        foreach ($sid in $Remove) { @{ op = 'remove'; sid = $sid } }
    )
    $before = [Collections.Generic.HashSet[string]]::new($Expected)
    $goal = [Collections.Generic.HashSet[string]]::new($Expected)
    $goal.ExceptWith($Remove)
    $goal.UnionWith($Add)
    $sentence = $null
    try {
        # A text that is no SID is found before anything is done.
        foreach ($step in $plan) {
            $null = [ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights.Sid]::ToBytes($step.sid)
        }
        $policy = [ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaChange.WritablePolicy]::new()
        try {
            $change.before = @($policy.Holders($right))
            if (Test-Holder -Holder $change.before -Wanted $before) {
                $change.outcome = 'undo_failed' # until a second read shows better
                $sentence = Submit-Plan -Policy $policy -Change $change -Plan $plan -Goal $goal
                if ($change.outcome -ne 'applied') { Undo-Plan -Policy $policy -Change $change -Before $before }
            }
            else {
                $change.outcome = 'changed_meanwhile'
                $change.after = $change.before
                $sentence = 'they are not the expected ones.'
            }
        }
        finally {
            $policy.Dispose()
        }
    }
    catch {
        $change.error, $sentence = Get-Failure -Record $_ -During 'preparation'
    }
    $change.changed = $change.outcome -eq 'undo_failed' -or ($change.outcome -eq 'applied' -and $plan.Count -gt 0)
    $meaning = @{
        changed_meanwhile = 'were not changed'
        not_started = 'were not changed'
        undone = 'are as before, the change failed'
        undo_failed = 'may not be as before, the change failed'
    }
    if ($change.outcome -ne 'applied') {
        $change.failed = $true
        $change.msg = "The holders of SeImpersonatePrivilege $($meaning[$change.outcome]): $sentence"
    }
    $change
}

Export-ModuleMember -Function Set-Right

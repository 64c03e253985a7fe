#!powershell
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Gives SeImpersonatePrivilege to the SID of a service that does not exist and takes it away again, on a lab host: what Windows
# answers to each call, as one JSON object. Touches nobody else's right; reads last what is left.

#Requires -Version 5.1
#AnsibleRequires -CSharpUtil ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights
#AnsibleRequires -CSharpUtil ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaChange
#AnsibleRequires -CSharpUtil ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaLab

Set-StrictMode -Version 2.0

$utils = 'ansible_collections.winrights.seimpersonate.plugins.module_utils'
$right = 'SeImpersonatePrivilege'

function Get-Answer {
    # One call as a row. Ask gives its status, or holders; what it throws names the call and its status, or says in words what failed.
    param([string] $Step, [scriptblock] $Ask)
    $row = @{ step = $Step; status = '0x00000000'; call = $null; error = $null; holders = $null }
    try {
        $told = & $Ask
        if ($told -is [uint32]) { $row.status = '0x{0:X8}' -f $told } else { $row.holders = [string[]] @($told | Where-Object { $null -ne $_ }) }
    }
    catch {
        $reason = $_.Exception.GetBaseException()
        $row.status, $row.error = $null, $reason.Message
        if ($null -ne $reason.PSObject.Properties['Call']) { $row.call, $row.status = $reason.Call, ('0x{0:X8}' -f $reason.Status) }
    }
    $row
}

function Get-MaskedHolder {
    # The holders by a handle that may do no more than the mask says.
    param([uint32] $Mask)
    $policy = New-Object -TypeName "$utils._LsaLab.MaskedPolicy" -ArgumentList $Mask
    try { $policy.Holders($right) } finally { $policy.Dispose() }
}

function Test-Service {
    # Whether there is a service of this name; throws where that is not known.
    param([string] $Name)
    $path = "SYSTEM\CurrentControlSet\Services\$Name"
    try {
        $null = Get-ItemProperty -LiteralPath "HKLM:\$Path" -ErrorAction Stop
        $true
    }
    catch [Management.Automation.ItemNotFoundException] { $false }
}

function Invoke-Lab {
    # Gives and takes in every way that matters; the right is taken at the end whatever happened.
    param([object] $Policy, [string] $Sid, [string] $Misspelt, [string] $OtherCase)
    try {
        Get-Answer -Step 'give' -Ask { $Policy.Add($Sid, $right) }
        Get-Answer -Step 'read after give' -Ask { $Policy.Holders($right) }
        Get-Answer -Step 'give again' -Ask { $Policy.Add($Sid, $right) }
        Get-Answer -Step 'take' -Ask { $Policy.Remove($Sid, $right) }
        Get-Answer -Step 'read after take' -Ask { $Policy.Holders($right) }
        Get-Answer -Step 'take again' -Ask { $Policy.Remove($Sid, $right) }
        Get-Answer -Step 'give misspelt' -Ask { $Policy.Add($Sid, $Misspelt) }
        Get-Answer -Step 'give in other case' -Ask { $Policy.Add($Sid, $OtherCase) }
        Get-Answer -Step 'read after other case' -Ask { $Policy.Holders($right) }
        Get-Answer -Step 'read with 0x1' -Ask { Get-MaskedHolder -Mask 0x1 }
        Get-Answer -Step 'read with 0x800' -Ask { Get-MaskedHolder -Mask 0x800 }
    }
    finally {
        $null = $Policy.Remove($Sid, $right)
    }
    Get-Answer -Step 'read as a plain user' -Ask {
        [ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaLab.PlainUser]::Holders(0x801, $right)
    }
}

$answer = @{ changed = $false; before = $null; after = $null; steps = @(); refused = $null }
$mode = [string] $ExecutionContext.SessionState.LanguageMode
if ($mode -ne 'FullLanguage') {
    $answer.refused = "PowerShell runs in $mode mode here."
}
else {
    try {
        $policy = New-Object -TypeName "$utils._LsaChange.WritablePolicy"
        try {
            $answer.before = [string[]] @($policy.Holders($right))
            if ((Test-Service -Name $complex_args['service']) -or $answer.before -contains $complex_args['sid']) {
                $answer.refused = 'There is a service of this name here, or its SID holds the right.'
            }
            else {
                $answer.changed = $true # until the last read shows that it is as before
                $asked = @{ Sid = $complex_args['sid']; Misspelt = $complex_args['misspelt']; OtherCase = $complex_args['other_case'] }
                $answer.steps = @(Invoke-Lab -Policy $policy @asked)
                $answer.after = [string[]] @($policy.Holders($right))
                $answer.changed = [string]::Join(' ', $answer.before) -cne [string]::Join(' ', $answer.after)
            }
        }
        finally { $policy.Dispose() }
    }
    catch { $answer.refused = $_.Exception.GetBaseException().Message }
}
$json = ConvertTo-Json -InputObject $answer -Depth 4 -Compress
[regex]::Replace($json, '[^\x20-\x7e]', { '\u{0:x4}' -f [int] [char] $args[0].Value })

# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Reads the Group Policy Objects of a domain on one of its domain controllers: what the directory and SYSVOL hold of them, where they
# are linked, and who may apply them. Judges nothing, and writes nothing. A name in brackets is a specification of Microsoft's.

Set-StrictMode -Version 2.0

$lsa = 'ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights'
$right = 'SeImpersonatePrivilege'
$applyGroupPolicy = [Guid] 'edacfd8f-ffb3-11d1-b41d-00a0c968f939' # [MS-ADTS] 5.1.3.2.1, Apply-Group-Policy
$defaultPolicies = '{31B2F340-016D-11D2-945F-00C04FB984F9}', '{6AC1786C-016F-11D2-945F-00C04FB984F9}' # [MS-GPOL] 2.2.2
$below = 'Machine', 'Microsoft', 'Windows NT', 'SecEdit' # [MS-GPSB] 2.2
$invariant = [Text.RegularExpressions.RegexOptions] 'IgnoreCase, Multiline, CultureInvariant'
$mostGpos, $mostSoms, $mostLinks, $mostAces, $mostNames = 5000, 5000, 20000, 500, 500
$mostSeconds, $mostBytes, $mostSmall, $mostTold = 300, 1MB, 64KB, 1MB
$mostText, $mostName = 200000, 1024 # characters, as the answer is read

function New-Failure {
    # An exception that names the call and its status.
    param([string] $Call, $Status, [string] $Message)
    $text = if ($Message) { $Message } elseif ($null -ne $Status) { "$Call failed with $Status." } else { "$Call failed." }
    $failure = [InvalidOperationException]::new($text)
    $failure.Data['call'] = $Call
    $failure.Data['status'] = $Status
    $failure
}

function Get-Reason {
    # What an answer says of a failure: call, status, and a sentence. No text of Windows: it comes in many languages.
    param([Management.Automation.ErrorRecord] $Record, [string] $During)
    $reason = $Record.Exception.GetBaseException()
    if ($reason.Data.Contains('call')) { return @{ call = $reason.Data['call']; status = $reason.Data['status'] }, $reason.Message }
    $status = '0x{0:X8}' -f $reason.HResult
    @{ call = $During; status = $status }, "$During failed: $($reason.GetType().Name) $status."
}

function Invoke-Ldap {
    # The directory's answer. Throws.
    param($Connection, $Request, [string] $Call)
    $code = try {
        $answer = $Connection.SendRequest($Request)
        [int] $answer.ResultCode
    }
    catch {
        $reason = $_.Exception.GetBaseException()
        if ($reason -is [DirectoryServices.Protocols.DirectoryOperationException] -and $reason.Response) { [int] $reason.Response.ResultCode }
        elseif ($reason -is [DirectoryServices.Protocols.LdapException]) { $reason.ErrorCode }
        else { throw }
    }
    # A referral is no answer, and is not followed.
    if ($code -ne 0) { throw (New-Failure $Call -Status "$code") }
    $answer
}

function Connect-Directory {
    # To this very domain controller, as who is logged on: Negotiate is what the class uses where it is told nothing else. A logon over
    # the network has no credentials for other machines; here none are needed.
    Add-Type -AssemblyName 'System.DirectoryServices.Protocols'
    $here = New-Object -TypeName 'DirectoryServices.Protocols.LdapDirectoryIdentifier' -ArgumentList $env:COMPUTERNAME, 389
    $connection = New-Object -TypeName 'DirectoryServices.Protocols.LdapConnection' -ArgumentList $here
    $connection.Timeout = [TimeSpan]::FromSeconds(60)
    $connection.SessionOptions.ProtocolVersion = 3
    $connection.SessionOptions.ReferralChasing = 'None'
    try { $connection.Bind() }
    catch {
        $reason = $_.Exception.GetBaseException()
        $code = if ($reason -is [DirectoryServices.Protocols.LdapException]) { "$($reason.ErrorCode)" } else { $reason.GetType().Name }
        $connection.Dispose()
        throw (New-Failure 'ldap bind' -Status $code)
    }
    $connection
}

function Search-Directory {
    # Entries, page by page until there are more than so many. Throws.
    param($Connection, [string] $Base, [string] $Filter = '(objectClass=*)', [string] $Scope = 'Base', [string[]] $Attribute, [int] $Most = 1, [switch] $Dacl)
    $request = [DirectoryServices.Protocols.SearchRequest]::new($Base, $Filter, $Scope, $Attribute)
    $request.TimeLimit = [TimeSpan]::FromSeconds(60)
    if ($Dacl) { $null = $request.Controls.Add([DirectoryServices.Protocols.SecurityDescriptorFlagControl]::new('Dacl')) }
    $page = if ($Scope -ne 'Base') { [DirectoryServices.Protocols.PageResultRequestControl]::new(500) }
    if ($page) { $null = $request.Controls.Add($page) }
    $count = 0
    do {
        $answer, $cookie = (Invoke-Ldap $Connection -Request $request -Call 'ldap search'), $null
        foreach ($entry in $answer.Entries) { $entry }
        $count += $answer.Entries.Count
        foreach ($one in $answer.Controls) {
            if ($one -is [DirectoryServices.Protocols.PageResultResponseControl]) { $cookie = $one.Cookie }
        }
        if ($page) { $page.Cookie = $cookie }
    } while ($cookie -and $count -le $Most)
}

function Read-Attribute {
    # Its first value as a text; $null where the object has none, or shows none, or one of more than so many characters.
    param($Entry, [string] $Name, [int] $Most = [int]::MaxValue)
    if ($null -eq $Entry) { return $null }
    $values = $Entry.Attributes[$Name]
    if ($null -eq $values -or $values.Count -eq 0) { return $null }
    $text = [string] $values.GetValues([string])[0]
    if ($text.Length -le $Most) { $text } else { $null }
}

function Read-Blob {
    # The same, as bytes.
    param($Entry, [string] $Name)
    if ($null -eq $Entry) { return $null }
    $values = $Entry.Attributes[$Name]
    if ($null -eq $values -or $values.Count -eq 0) { return $null }
    , [byte[]] $values.GetValues([byte[]])[0]
}

function ConvertTo-Sid {
    # [MS-DTYP] 2.4.2.2
    param([byte[]] $Bytes, [int] $At = 0)
    $authority = [uint64] 0
    for ($i = 2; $i -lt 8; $i++) { $authority = $authority * 256 + $Bytes[$At + $i] }
    # [MS-DTYP] 2.4.2.1: an authority of 2^32 and more is written in hexadecimal digits.
    $sid = if ($authority -gt [uint32]::MaxValue) { 'S-1-0x{0:X12}' -f $authority } else { "S-1-$authority" }
    for ($i = 0; $i -lt $Bytes[$At + 1]; $i++) { $sid += '-' + [BitConverter]::ToUInt32($Bytes, $At + 8 + 4 * $i) }
    $sid
}

function Find-Sid {
    # A text as Windows prints that SID; $null for what is none.
    param([string] $Text)
    if ($Text -notmatch '\AS-1-([0-9]{1,14}|0x[0-9a-f]{1,12})(-[0-9]{1,10}){1,15}\z') { return $null }
    try { $bytes = [ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights.Sid]::ToBytes("S$($Text.Substring(1))") }
    catch { return $null } # a number of more than 32 bits
    ConvertTo-Sid $bytes
}

function Test-Guid {
    # Whether a text is a GUID in braces.
    param([string] $Text)
    $Text -match '\A\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}\z'
}

function Add-Security {
    # Who is granted or denied "apply group policy" or every extended right, by a security descriptor's DACL ([MS-DTYP] 2.4.6, 2.4.5, 2.4.4).
    param([hashtable] $Row, [byte[]] $Bytes)
    $at = [BitConverter]::ToInt32($Bytes, 16)
    $count = if ($at) { [BitConverter]::ToUInt16($Bytes, $at + 4) } else { $mostAces + 1 }
    if ($count -gt $mostAces) { return }
    $at += 8
    $Row.security = @(for ($i = 0; $i -lt $count; $i++) {
            $kind, $flags, $size = $Bytes[$at], $Bytes[$at + 1], [BitConverter]::ToUInt16($Bytes, $at + 2)
            $mask, $sidAt, $object = [BitConverter]::ToUInt32($Bytes, $at + 4), ($at + 8), $null
            if ($kind -in 5, 6) {
                # ACCESS_ALLOWED_OBJECT_ACE, ACCESS_DENIED_OBJECT_ACE: which of two GUIDs follow, and those
                $present = [BitConverter]::ToUInt32($Bytes, $sidAt)
                if ($present -band 1) { $object = [Guid] [byte[]] $Bytes[($sidAt + 4)..($sidAt + 19)] }
                $sidAt += 4 + 16 * ($present -band 1) + 8 * ($present -band 2)
            }
            $at += $size
            # ADS_RIGHT_DS_CONTROL_ACCESS; INHERIT_ONLY_ACE does not concern the object itself
            if ($kind -notin 0, 1, 5, 6 -or -not ($mask -band 0x100) -or ($flags -band 8)) { continue }
            if ($null -ne $object -and $object -ne $applyGroupPolicy) { continue }
            @{ sid = ConvertTo-Sid $Bytes -At $sidAt; allowed = $kind -in 0, 5; inherited = [bool] ($flags -band 0x10) }
        })
}

function Get-Controller {
    # This machine, and what its directory says of the domain. Throws where it is no domain controller.
    param([hashtable] $Report)
    $its = New-Object -TypeName "$lsa.Computer"
    $row = $Report.controller = @{
        name = $env:COMPUTERNAME; dns_name = $null; machine_role = $its.MachineRole; read_only = $its.ReadOnly; domain = $its.DnsDomain
        domain_dn = $null; domain_sid = $null; pdc_emulator = $null; is_pdc_emulator = $false
    }
    if ($null -eq $its.MachineRole) { throw (New-Failure 'DsRoleGetPrimaryDomainInformation' -Status ('0x{0:X8}' -f $its.RoleStatus)) }
    if ($its.MachineRole -lt 4) { throw (New-Failure 'machine role' -Message 'this host is no domain controller.') }
    $its
}

function Add-Domain {
    # To the controller's row. Returns what is needed further.
    param($Connection, [hashtable] $Row, $Computer)
    $root = Search-Directory $Connection -Attribute 'defaultNamingContext', 'configurationNamingContext', 'dsServiceName', 'dNSHostName'
    $Row.domain_dn, $Row.dns_name = (Read-Attribute $root -Name 'defaultNamingContext'), (Read-Attribute $root -Name 'dNSHostName')
    $label = "$($Row.dns_name)".Split('.')[0]
    if ($label.Substring(0, [Math]::Min(15, $label.Length)) -ne $env:COMPUTERNAME -or -not $Row.domain_dn) {
        throw (New-Failure 'ldap search' -Message 'the directory that answers is not this domain controller.')
    }
    $domain = Search-Directory $Connection -Base $Row.domain_dn -Attribute 'objectSid', 'fSMORoleOwner'
    $sid = Read-Blob $domain -Name 'objectSid'
    if ($sid) { $Row.domain_sid = ConvertTo-Sid $sid }
    # [MS-ADTS] 6.1.5: the owner is an object "NTDS Settings", right below that of its server.
    $owner, $own = (Read-Attribute $domain -Name 'fSMORoleOwner'), (Read-Attribute $root -Name 'dsServiceName')
    $Row.is_pdc_emulator = $null -ne $owner -and $owner -eq $own
    if ($Row.is_pdc_emulator) { $Row.pdc_emulator = $Row.dns_name }
    elseif ($owner) {
        try {
            $server = Search-Directory $Connection -Base ($owner -split ',', 2)[1] -Attribute 'dNSHostName'
            $Row.pdc_emulator = Read-Attribute $server -Name 'dNSHostName'
        }
        catch { $Row.pdc_emulator = $null }
    }
    # Microsoft, "Gather the SYSVOL path information": the shared folder, below which each domain has one.
    $sysvol = Read-Value 'SYSTEM\CurrentControlSet\Services\Netlogon\Parameters' -Name 'SysVol'
    if (-not $sysvol) { throw (New-Failure 'SysVol' -Message 'the registry does not tell where SYSVOL is.') }
    @{
        dn = $Row.domain_dn; configuration = Read-Attribute $root -Name 'configurationNamingContext'; dns = $Computer.DnsDomain
        servers = @($Computer.DnsDomain, $Computer.Domain, $Row.dns_name, $env:COMPUTERNAME)
        policies = [IO.Path]::Combine($sysvol, $Computer.DnsDomain, 'Policies'); clock = [Diagnostics.Stopwatch]::StartNew(); told = 0
    }
}

function Find-Gpo {
    # The entries of GPOs: of all, or of one by its GUID.
    param($Connection, [hashtable] $Domain, [string] $Guid)
    $base = "CN=Policies,CN=System,$($Domain.dn)"
    $search = @{ Attribute = 'cn', 'displayName', 'flags', 'versionNumber', 'gPCMachineExtensionNames', 'gPCFileSysPath', 'gPCWQLFilter' }
    if ($Guid) { return Search-Directory -Connection $Connection -Base "CN=$Guid,$base" @search }
    Search-Directory -Connection $Connection -Base $base -Scope 'OneLevel' -Filter '(objectClass=groupPolicyContainer)' -Most $mostGpos @search
}

function Test-Place {
    # Whether a GPO's path is that of its folder in this domain's SYSVOL, which is here: no other is ever opened.
    param([hashtable] $Domain, [string] $Guid, [string] $Path)
    $parts = [regex]::Match($Path, '\A\\\\([^\\]+)\\sysvol\\([^\\]+)\\Policies\\(\{[-0-9a-f]{36}\})\\?\z', $invariant).Groups
    $parts[1].Value -in $Domain.servers -and $parts[2].Value -eq $Domain.dns -and $parts[3].Value -eq $Guid
}

function Resolve-Below {
    # A path below the folder of all policies. Throws for a link on the way, and for what is not there.
    param([hashtable] $Domain, [string[]] $Name)
    $path = $Domain.policies
    foreach ($one in $Name) {
        $path = [IO.Path]::Combine($path, $one)
        if ([IO.File]::GetAttributes($path) -band [IO.FileAttributes]::ReparsePoint) { throw (New-Failure $one -Message "$one is a link.") }
    }
    $path
}

function Confirm-Folder {
    # Throws unless a GPO's folder is in SYSVOL. Without it nobody can tell what its files say: it has not come here yet, or is lost.
    param([hashtable] $Domain, [string] $Guid)
    if (-not [IO.Directory]::Exists([IO.Path]::Combine($Domain.policies, $Guid))) { throw (New-Failure 'compare' -Message 'the folder is not in SYSVOL.') }
}

function Read-Whole {
    # A file of a GPO: how that went, its bytes if it did.
    param([hashtable] $Domain, [string[]] $Name, [int] $Most)
    $row = @{ status = 'absent'; bytes = $null; error = $null }
    try {
        Confirm-Folder $Domain -Guid $Name[0]
        $path = Resolve-Below $Domain -Name $Name
        $size = [IO.FileInfo]::new($path).Length
        if ($size -le $Most) { $row.bytes = (Read-File $path).ToArray(); $row.status = 'read' }
        else { $row.status, $row.error = 'too_large', "$size bytes" }
    }
    catch [IO.FileNotFoundException], [IO.DirectoryNotFoundException] { $row.status = 'absent' }
    catch {
        $reason, $sentence = Get-Reason $_ -During 'read'
        $row.status, $row.error = 'unreadable', $sentence
    }
    $row
}

function Get-Digest {
    # SHA-256 in small hexadecimal digits.
    param($Bytes)
    if ($null -eq $Bytes) { return $null }
    $algorithm = [Security.Cryptography.SHA256]::Create()
    try { [BitConverter]::ToString($algorithm.ComputeHash([byte[]] $Bytes)).Replace('-', '').ToLowerInvariant() } finally { $algorithm.Dispose() }
}

function ConvertTo-Sent {
    # A file for the answer.
    param([hashtable] $File, [switch] $Digest)
    $row = @{ status = $File.status; bytes = $null; error = $File.error }
    if ($null -ne $File.bytes) { $row.bytes = [Convert]::ToBase64String($File.bytes) }
    if ($Digest) { $row.sha256 = Get-Digest $File.bytes }
    $row
}

function Read-Gpo {
    # A GPO by its entry: the row of the answer, and the bytes of its template. Whole: also where the template does not name the right.
    param($Connection, [hashtable] $Domain, $Entry, [bool] $Whole)
    $guid, $path = (Read-Attribute $Entry -Name 'cn'), (Read-Attribute $Entry -Name 'gPCFileSysPath')
    $template, $ini, $journal = @{ status = 'unreadable'; bytes = $null; error = "gPCFileSysPath leads elsewhere." }, $null, $null
    $ini = $template
    $inside = Test-Place $Domain -Guid $guid -Path $path
    if ($inside) {
        $template = Read-Whole $Domain -Name (@($guid) + $below + 'GptTmpl.inf') -Most $mostBytes
        $journal = Read-Journal $Domain -Guid $guid
    }
    if (-not $Whole -and $null -eq $journal) {
        if ($template.status -notin 'read', 'absent') { return @{ guid = $guid; unread = $template.error } }
        if ($template.status -eq 'absent' -or -not (Test-Named $template.bytes)) { return @{ guid = $guid; unread = $null } }
    }
    # Without them it would be another GPO: no filter, no extension.
    foreach ($one in @{ name = 'gPCMachineExtensionNames'; most = $mostText }, @{ name = 'gPCWQLFilter'; most = $mostName }) {
        if ("$(Read-Attribute $Entry -Name $one.name)".Length -gt $one.most) { return @{ guid = $guid; unread = "$($one.name) is too long." } }
    }
    if ($inside) { $ini = Read-Whole $Domain -Name $guid, 'gpt.ini' -Most $mostSmall }
    $row = @{
        guid = $guid; name = Read-Attribute $Entry -Name 'displayName' -Most $mostName; journal = $journal; security = $null
        path = Read-Attribute $Entry -Name 'gPCFileSysPath' -Most $mostName
        flags = (Read-Attribute $Entry -Name 'flags') -as [int]; version = (Read-Attribute $Entry -Name 'versionNumber') -as [int]
        extensions = Read-Attribute $Entry -Name 'gPCMachineExtensionNames'; wmi_filter = Read-Attribute $Entry -Name 'gPCWQLFilter'
        template = ConvertTo-Sent $template -Digest; gpt_ini = ConvertTo-Sent $ini
    }
    try {
        $one = Search-Directory $Connection -Base $Entry.DistinguishedName -Attribute 'nTSecurityDescriptor' -Dacl
        $descriptor = Read-Blob $one -Name 'nTSecurityDescriptor'
        if ($null -ne $descriptor) { Add-Security $row -Bytes $descriptor }
    }
    catch { $row.security = $null } # not known
    $Domain.told += 80 * @($row.security).Count
    $Domain.told += "$($row.template.bytes)$($row.gpt_ini.bytes)$journal$($row.path)$($row.name)$($row.extensions)$($row.wmi_filter)".Length
    @{ guid = $guid; row = $row; bytes = $template.bytes }
}

function Read-Journal {
    # What a change that did not end left beside the template; $null: nothing.
    param([hashtable] $Domain, [string] $Guid)
    $name = @($Guid) + $below + '~winrights-seimpersonate.tmp'
    if (-not [IO.File]::Exists([IO.Path]::Combine([string[]] (@($Domain.policies) + $name)))) { return $null }
    $file = Read-Whole $Domain -Name $name -Most $mostSmall
    if ($file.status -eq 'read') { [Text.Encoding]::UTF8.GetString($file.bytes) } else { $file.error }
}

function Test-Named {
    # Whether a template has the name of the right in it anywhere, in whatever encoding. What that means is judged elsewhere.
    param([byte[]] $Bytes)
    [Text.Encoding]::GetEncoding(28591).GetString($Bytes).Replace("`0", '').IndexOf($right, [StringComparison]::OrdinalIgnoreCase) -ge 0
}

function Find-Text {
    # What the lines of the right in a template name, as far as it can be told without judging them.
    param([byte[]] $Bytes)
    $text = [Text.Encoding]::GetEncoding(28591).GetString($Bytes)
    $encoding = if ($text -match '\A(\xff\xfe|[^\0]\0)') { [Text.Encoding]::Unicode }
    elseif ($text -match '\A(\xfe\xff|\0)') { [Text.Encoding]::BigEndianUnicode }
    else { [Text.UTF8Encoding]::new($false, $true) }
    $text = try { $encoding.GetString($Bytes) } catch { [Text.Encoding]::GetEncoding(0).GetString($Bytes) }
    $text = [regex]::Replace($text, '\\[ \t]*\r?\n', '')
    foreach ($line in [regex]::Matches($text, "^[\s\uFEFF`"]*$right[\s`"]*=([^\r\n;]*)", $invariant)) {
        foreach ($one in $line.Groups[1].Value.Split(',')) { $one.Trim().Trim('"').Trim() }
    }
}

function Add-Account {
    # What the templates name, looked up.
    param([hashtable] $Report, [string[]] $Text)
    $Report.accounts = @(foreach ($one in $Text) { @{ asked = $one; sid = $null; name = $null; use = $null; found = $null } })
    $Report.lookup_status = $null
    $sids = [hashtable]::new([StringComparer]::OrdinalIgnoreCase) # by the culture, names of two accounts may be one
    foreach ($row in $Report.accounts) {
        if ($row.asked -notmatch '\A\*S-1-') { continue }
        $row.sid = Find-Sid $row.asked.Substring(1)
        if ($null -eq $row.sid) { $row.found = $false } # what is no SID is nobody's
    }
    try { $policy = New-Object -TypeName "$lsa.Policy" }
    catch { $Report.lookup_status = '0x{0:X8}' -f $_.Exception.GetBaseException().Status; return }
    try {
        $named = @($Report.accounts | Where-Object -FilterScript { $_.asked -and $_.asked -notlike '`**' })
        foreach ($one in Find-Account $policy -Name @($named | ForEach-Object -Process { $_.asked })) { $sids[$one.Asked] = $one }
        foreach ($row in $named) {
            $one = $sids[$row.asked]
            if ($one.Resolved -eq 'lsa') { $row.sid, $row.found = $one.Sid, $true } elseif ($one.Resolved -eq 'unmapped') { $row.found = $false }
        }
        foreach ($one in $policy.FromSids([string[]] @($Report.accounts | ForEach-Object -Process { if ($_.sid) { $_.sid } }))) { $sids[$one.Sid] = $one }
        foreach ($row in $Report.accounts) {
            if (-not $row.sid) { continue }
            $one = $sids[$row.sid]
            $row.name, $row.use = $one.Name, $one.Use
            if ($row.asked -like '`**') { $row.found = if ($one.Resolved -eq 'failed') { $null } else { $one.Resolved -eq 'lsa' } }
        }
        $Report.lookup_status = '0x{0:X8}' -f $policy.LookupStatus
    }
    finally { $policy.Dispose() }
}

function Get-Sorted {
    # By a text that each has for itself, in the same order everywhere.
    param([object[]] $Row, [scriptblock] $Key)
    $all = [Collections.SortedList]::new([StringComparer]::OrdinalIgnoreCase)
    foreach ($one in $Row) { $all[[string] (& $Key $one)] = $one }
    $all.GetValueList()
}

function ConvertTo-Som {
    # Where GPOs are linked: gPLink has the link of the highest precedence last. The GUID is $null for a GPO of another domain. Odd: some
    # of it cannot be understood, and is left out.
    param($Entry, [hashtable] $Domain, [string] $Kind)
    $text, $form = "$(Read-Attribute $Entry -Name 'gPLink')", '\[LDAP://([^;\]]*);([^\]]*)\]'
    $links = [regex]::Matches($text, $form, $invariant)
    $own = '\ACN=(\{[-0-9a-f]{36}\}),CN=Policies,CN=System,' + [regex]::Escape($Domain.dn) + '\z'
    $row = @{
        odd = [regex]::Replace($text, $form, '', $invariant).Trim().Length -gt 0 -or $Entry.DistinguishedName.Length -gt $mostName
        som = $Entry.DistinguishedName; kind = $Kind; block = [bool] (((Read-Attribute $Entry -Name 'gPOptions') -as [int]) -band 1)
        links = @(for ($i = $links.Count - 1; $i -ge 0; $i--) {
                $guid = [regex]::Match($links[$i].Groups[1].Value, $own, $invariant).Groups[1].Value
                $options = if ($links[$i].Groups[2].Value -match '\A\s*[0-9]+\s*\z') { $links[$i].Groups[2].Value -as [int] }
                @{ guid = if (Test-Guid $guid) { $guid } else { $null }; order = $links.Count - $i; options = $options }
            })
    }
    $sound = @($row.links | Where-Object -FilterScript { $null -ne $_.options })
    if ($sound.Count -lt $row.links.Count) { $row.odd, $row.links = $true, $sound }
    $row
}

function Add-Link {
    # Every domain, OU and site that links one of the GPOs of the answer, and those below that block inheritance.
    param($Connection, [hashtable] $Domain, [hashtable] $Report)
    $found = @(
        $filter = '(&(|(objectClass=domainDNS)(objectClass=organizationalUnit))(|(gPLink=*)(gPOptions=1)))'
        foreach ($one in Search-Directory $Connection -Base $Domain.dn -Scope 'Subtree' -Filter $filter -Attribute 'gPLink', 'gPOptions' -Most $mostSoms) {
            ConvertTo-Som $one -Domain $Domain -Kind $(if ($one.DistinguishedName -eq $Domain.dn) { 'domain' } else { 'ou' })
        }
        $search = @{
            Base = "CN=Sites,$($Domain.configuration)"; Scope = 'OneLevel'; Filter = '(&(objectClass=site)(gPLink=*))'; Attribute = 'gPLink', 'gPOptions'
        }
        foreach ($one in Search-Directory -Connection $Connection @search -Most $mostSoms) { ConvertTo-Som $one -Domain $Domain -Kind 'site' }
    )
    $found = @(Get-Sorted $found -Key { $args[0].som })
    $odd = @($found | Where-Object -FilterScript { $_.odd }).Count -gt 0
    $found = @($found | Where-Object -FilterScript { $_.som.Length -le $mostName })
    $told = @{}
    foreach ($one in $found) { $one.Remove('odd') }
    foreach ($one in $Report.gpos) { $told[$one.guid] = $true }
    $linking = @($found | Where-Object -FilterScript { @($_.links | Where-Object -FilterScript { $null -ne $_.guid -and $told[$_.guid] }).Count })
    $sites = @($linking | Where-Object -FilterScript { $_.kind -eq 'site' }).Count -gt 0
    $count = 0
    $Report.links = @(foreach ($som in $found) {
            $wanted = $linking -contains $som
            if (-not $wanted -and $som.block) {
                $wanted = $sites -or @($linking | Where-Object -FilterScript { $som.som.EndsWith(",$($_.som)", 'OrdinalIgnoreCase') }).Count
            }
            if (-not $wanted) { continue }
            $count += 1 + $som.links.Count
            if ($count -le $mostLinks) { $som }
        })
    $Report.links_truncated = $odd -or $found.Count -gt $mostSoms -or $count -gt $mostLinks
}

function Add-Gpo {
    # The GPOs, each as one that concerns the right, as another, or as one that could not be read.
    param($Connection, [hashtable] $Domain, [hashtable] $Report, [string[]] $Asked)
    $entries = @(Find-Gpo $Connection -Domain $Domain)
    $Report.truncated = $entries.Count -gt $mostGpos
    $wanted, $texts = @{}, [Collections.Generic.HashSet[string]]::new([StringComparer]::Ordinal)
    $odd = @(foreach ($one in $entries) { if (-not (Test-Guid (Read-Attribute $one -Name 'cn'))) { $one } })
    # What is no GPO by its name is not told; whether it is one that is asked for by its other name, nobody knows.
    if ($odd.Count) {
        if (-not $Asked -or @($odd | Where-Object -FilterScript { (Read-Attribute $_ -Name 'displayName') -in $Asked }).Count) { $Report.truncated = $true }
        $entries = @($entries | Where-Object -FilterScript { Test-Guid (Read-Attribute $_ -Name 'cn') })
    }
    $entries = @(Get-Sorted $entries -Key { Read-Attribute $args[0] -Name 'cn' })
    $keys = @(foreach ($one in $entries) { Read-Attribute $one -Name 'cn' })
    $Report.asked = @(foreach ($text in $Asked) {
            $guids = @($keys -eq "{$($text.Trim('{', '}'))}")
            if (-not $guids.Count) {
                $guids = @(foreach ($one in $entries) { if ((Read-Attribute $one -Name 'displayName') -eq $text) { Read-Attribute $one -Name 'cn' } })
            }
            foreach ($guid in $guids) { $wanted[$guid] = $true }
            @{ asked = $text; found = [string[]] $guids }
        })
    $lists = @{ gpos = @(); others = @(); unread = @() }
    foreach ($name in @($lists.Keys)) { $lists[$name] = [Collections.ArrayList]::new() }
    foreach ($entry in $entries | Select-Object -First $mostGpos) {
        $guid = Read-Attribute $entry -Name 'cn'
        if ($Asked -and -not $wanted[$guid]) { continue }
        if ($Domain.clock.Elapsed.TotalSeconds -gt $mostSeconds -or $Domain.told -gt $mostTold) {
            $Report.truncated = $true
            $null = $lists.unread.Add(@{ guid = $guid; error = 'not read for want of time or room.' })
            continue
        }
        $one = Read-Gpo $Connection -Domain $Domain -Entry $entry -Whole ([bool] $wanted[$guid] -or (-not $Asked -and $guid -in $defaultPolicies))
        if ($one.ContainsKey('row')) {
            $null = $lists.gpos.Add($one.row)
            if ($null -eq $one.bytes) { continue }
            foreach ($text in Find-Text $one.bytes) {
                if ($text -and $text.Length -le $mostName -and $texts.Count -lt $mostNames) { $null = $texts.Add($text) }
            }
        }
        elseif ($one.unread) { $null = $lists.unread.Add(@{ guid = $guid; error = $one.unread }) }
        else { $null = $lists.others.Add($guid) }
    }
    foreach ($name in @($lists.Keys)) { $Report[$name] = $lists[$name].ToArray() }
    $named = [string[]] @($texts)
    [Array]::Sort($named, [StringComparer]::Ordinal)
    Add-Account $Report -Text $named
}

function Get-GpoReport {
    <#
    .SYNOPSIS
    Reads the GPOs that concern the right, or those that are asked for, as a hashtable.
    #>
    param([object] $Asked)
    $report = @{ changed = $false }
    try {
        $computer = Get-Controller $report
        $connection = Connect-Directory
        try {
            $domain = Add-Domain $connection -Row $report.controller -Computer $computer
            Add-Gpo $connection -Domain $domain -Report $report -Asked ([string[]] @($Asked['gpos'] | Where-Object -FilterScript { $null -ne $_ }))
            $report.links, $report.links_truncated = $null, $false
            try { Add-Link $connection -Domain $domain -Report $report }
            catch { $report.links = $null } # not known
        }
        finally { $connection.Dispose() }
    }
    catch {
        $report.failed = $true
        $report.error, $sentence = Get-Reason $_ -During 'read'
        $report.msg = "The GPOs of the domain cannot be read: $sentence"
    }
    $report
}

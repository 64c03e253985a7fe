# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs one command after another in this process, each as a process of its own would: its own runspace, host, environment, folder and
# standard streams, by the engine's own entry point. Requests and answers are lines of JSON on the streams that this process began with.
# A request has `words` (the command line), `environment` and `folder`, in which the command's streams and its model's socket lie.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
Add-Type -TypeDefinition @'
public static class Shim
{
    [System.Runtime.InteropServices.DllImport("advapi32.dll", EntryPoint = "fleet_begin")]
    public static extern void Begin(string input, string output, string errors, string socket);

    [System.Runtime.InteropServices.DllImport("advapi32.dll", EntryPoint = "fleet_end")]
    public static extern void End();
}
'@

function Set-Surrounding {
    # Nothing of the command before may be seen.
    param([Collections.IDictionary] $Environment, [string] $Folder)
    foreach ($name in @([Environment]::GetEnvironmentVariables().Keys)) { [Environment]::SetEnvironmentVariable($name, [NullString]::Value) }
    foreach ($name in $Environment.Keys) { [Environment]::SetEnvironmentVariable($name, $Environment[$name]) }
    [IO.Directory]::SetCurrentDirectory($Folder)
    [TimeZoneInfo]::ClearCachedData() # which TZ may have chosen
    [Console]::InputEncoding = [Text.UTF8Encoding]::new($false) # and with it forget what was read of the stream before
}

function Start-Command {
    # In a thread of its own: this one has a runspace, and the command brings another.
    param([string[]] $Word)
    $start = [TestBed.Host.Shell].GetMethod('Start')
    $run = [Delegate]::CreateDelegate([Func[int]], $Word, $start)
    [Threading.Tasks.Task[int]]::Factory.StartNew($run, [Threading.CancellationToken]::None, 'LongRunning', [Threading.Tasks.TaskScheduler]::Default)
}

function Close-Runspace {
    # What the command left behind; tells whether something of it still runs.
    $known = [runspace].GetProperty('RunspaceList', [Reflection.BindingFlags] 'NonPublic, Static').GetValue($null)
    $busy = $false
    foreach ($one in $known) {
        if ($one.InstanceId -eq [runspace]::DefaultRunspace.InstanceId) { continue }
        if ($one.RunspaceAvailability -eq 'Available') { $one.Dispose() } else { $busy = $true }
    }
    $busy
}

[AppDomain]::CurrentDomain.SetData('FleetServer', $true) # for startup.ps1
$requests = [IO.StreamReader]::new([Console]::OpenStandardInput())
$answers = [IO.StreamWriter]::new([Console]::OpenStandardOutput())
while ($null -ne ($line = $requests.ReadLine())) {
    $request = ConvertFrom-Json -AsHashtable -InputObject $line
    $folder = $request['folder']
    Set-Surrounding -Environment $request['environment'] -Folder $folder
    [Shim]::Begin("$folder/stdin", "$folder/stdout", "$folder/stderr", "$folder/shim")
    $task = Start-Command -Word $request['words']
    $code = $task.GetAwaiter().GetResult()
    [Console]::Error.Flush()
    [Shim]::End()
    $answers.WriteLine((ConvertTo-Json -Compress -InputObject @{ exit_code = $code; busy = Close-Runspace }))
    $answers.Flush()
}

// SPDX-FileCopyrightText: Winrights Authors
// SPDX-License-Identifier: GPL-3.0-or-later
//
// The policy opened with a mask of choice, and somebody who is no administrator: to see what Windows refuses. For lab hosts.

using System;
using System.Runtime.InteropServices;
using ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights;

namespace ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaLab
{

public sealed class MaskedPolicy : Policy
{
	public MaskedPolicy(uint access) : base(access)
	{
	}
}

// This process's own token without its administrators, for the calls of one thread.
public static class PlainUser
{
	private const uint DisableMaxPrivilege = 0x1, TokenDuplicate = 0x2, TokenQuery = 0x8;

	[StructLayout(LayoutKind.Sequential)]
	private struct SidAndAttributes
	{
		public IntPtr Sid;
		public uint Attributes;
	}

	[DllImport("kernel32.dll")]
	private static extern IntPtr GetCurrentProcess();

	[DllImport("kernel32.dll")]
	private static extern int CloseHandle(IntPtr handle);

	[DllImport("advapi32.dll")]
	private static extern int OpenProcessToken(IntPtr process, uint access, out IntPtr token);

	[DllImport("advapi32.dll")]
	private static extern int CreateRestrictedToken(IntPtr token, uint flags, uint disabled, ref SidAndAttributes denyOnly, uint deleted, IntPtr privileges, uint restricted, IntPtr sids, out IntPtr made);

	[DllImport("advapi32.dll")]
	private static extern int ImpersonateLoggedOnUser(IntPtr token);

	[DllImport("advapi32.dll")]
	private static extern int RevertToSelf();

	// The holders, as such a user is told them; throws what refused him.
	public static string[] Holders(uint access, string right)
	{
		IntPtr token = Make();
		try
		{
			Must("ImpersonateLoggedOnUser", ImpersonateLoggedOnUser(token));
			try
			{
				using (MaskedPolicy policy = new MaskedPolicy(access))
					return policy.Holders(right);
			}
			finally { Must("RevertToSelf", RevertToSelf()); }
		}
		finally { CloseHandle(token); }
	}

	private static IntPtr Make()
	{
		IntPtr own, made;
		byte[] administrators = Sid.ToBytes("S-1-5-32-544");
		SidAndAttributes denyOnly = new SidAndAttributes();
		denyOnly.Sid = Marshal.AllocHGlobal(administrators.Length);
		try
		{
			Marshal.Copy(administrators, 0, denyOnly.Sid, administrators.Length);
			Must("OpenProcessToken", OpenProcessToken(GetCurrentProcess(), TokenDuplicate | TokenQuery, out own));
			try
			{
				Must("CreateRestrictedToken", CreateRestrictedToken(own, DisableMaxPrivilege, 1, ref denyOnly, 0, IntPtr.Zero, 0, IntPtr.Zero, out made));
				return made;
			}
			finally { CloseHandle(own); }
		}
		finally { Marshal.FreeHGlobal(denyOnly.Sid); }
	}

	private static void Must(string call, int done)
	{
		if (done == 0)
			throw new InvalidOperationException(call + " failed.");
	}
}

}

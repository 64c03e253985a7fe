// SPDX-FileCopyrightText: Winrights Authors
// SPDX-License-Identifier: GPL-3.0-or-later
//
// Gives a user right to an account and takes it away: the two calls of the Local Security Authority that write.
// Only a change carries this text to a host. An audit does without it, and so cannot write.

using System;
using System.Runtime.InteropServices;
using ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights;

namespace ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaChange
{

// The LSA policy, opened for a change: POLICY_CREATE_ACCOUNT besides what reading needs.
public sealed class WritablePolicy : Policy
{
	private const uint Access = 0x811;

	[DllImport("advapi32.dll")]
	private static extern uint LsaAddAccountRights(IntPtr policy, byte[] sid, [In] ref Given rights, uint count);

	// AllRights is a BOOLEAN: one byte.
	[DllImport("advapi32.dll")]
	private static extern uint LsaRemoveAccountRights(IntPtr policy, byte[] sid, [MarshalAs(UnmanagedType.U1)] bool all, [In] ref Given rights, uint count);

	public WritablePolicy() : base(Access)
	{
	}

	// Status of giving a right; an account object is made where there is none.
	public uint Add(string sid, string right)
	{
		Given rights = new Given(right);
		return LsaAddAccountRights(handle, Sid.ToBytes(sid), ref rights, 1);
	}

	// Status of taking one right and no other; an account object goes with its last right.
	public uint Remove(string sid, string right)
	{
		Given rights = new Given(right);
		return LsaRemoveAccountRights(handle, Sid.ToBytes(sid), false, ref rights, 1);
	}
}

}

// SPDX-FileCopyrightText: Winrights Authors
// SPDX-License-Identifier: GPL-3.0-or-later
//
// Holders, names, the machine's role, the session. Reads only. Sent to every host: hence tabs.

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights
{

// LSA_UNICODE_STRING that we give
public struct Given
{
	public ushort Length, MaximumLength;
	[MarshalAs(UnmanagedType.LPWStr)] public string Buffer;

	public Given(string text)
	{
		Length = MaximumLength = checked((ushort)(text.Length * 2));
		Buffer = text;
	}
}

public class CallException : Exception
{
	public string Call;
	public uint Status;

	public override string Message { get { return Call + " failed with 0x" + Status.ToString("X8") + "."; } }
}

public static class Sid
{
	// At the pointer after so many
	public static string ToText(IntPtr fields, int index)
	{
		IntPtr sid = Marshal.ReadIntPtr(fields, index * IntPtr.Size);
		if (sid == IntPtr.Zero || Marshal.ReadByte(sid) != 1)
			throw new InvalidOperationException("Windows gave a SID of unknown form.");
		ulong authority = 0;
		for (int i = 2; i < 8; i++)
			authority = authority << 8 | Marshal.ReadByte(sid, i);
		string text = "S-1-" + (authority > UInt32.MaxValue ? "0x" + authority.ToString("X12") : authority.ToString());
		for (int i = 0; i < Marshal.ReadByte(sid, 1); i++)
			text += "-" + unchecked((uint)Marshal.ReadInt32(sid, 8 + 4 * i));
		return text;
	}

	public static string[] ToTexts(IntPtr fields, uint count)
	{
		string[] texts = new string[count];
		for (int i = 0; i < texts.Length; i++)
			texts[i] = ToText(fields, i);
		return texts;
	}

	public static byte[] ToBytes(string text)
	{
		string[] parts = text.Split('-');
		if (parts.Length < 3 || parts.Length > 18 || parts[0] != "S" || parts[1] != "1")
			throw new FormatException("not a SID: " + text);
		List<byte> bytes = new List<byte> { 1, (byte)(parts.Length - 3) };
		ulong authority = Convert.ToUInt64(parts[2], parts[2].StartsWith("0x", StringComparison.Ordinal) ? 16 : 10);
		for (int shift = 40; shift >= 0; shift -= 8)
			bytes.Add((byte)(authority >> shift));
		for (int i = 3; i < parts.Length; i++)
			bytes.AddRange(BitConverter.GetBytes(Convert.ToUInt32(parts[i], 10)));
		return bytes.ToArray();
	}
}

// Resolved: "lsa", "unmapped" (no such account), "failed" (no answer).
public class Account
{
	public string Asked, Sid, Name, Domain, Resolved = "failed";
	public object Use;
}

public class Policy : IDisposable
{
	[DllImport("advapi32.dll")]
	static extern uint LsaOpenPolicy(IntPtr system, IntPtr[] attributes, uint access, out IntPtr policy);

	[DllImport("advapi32.dll")]
	static extern uint LsaEnumerateAccountsWithUserRight(IntPtr policy, [In] ref Given right, out IntPtr sids, out uint count);

	[DllImport("advapi32.dll")]
	static extern uint LsaLookupSids2(IntPtr policy, uint options, uint count, IntPtr[] sids, out IntPtr domains, out IntPtr names);

	[DllImport("advapi32.dll")]
	static extern uint LsaLookupNames2(IntPtr policy, uint flags, uint count, [In] Given[] names, out IntPtr domains, out IntPtr sids);

	[DllImport("advapi32.dll")]
	static extern uint LsaQueryInformationPolicy(IntPtr policy, int kind, out IntPtr buffer);

	[DllImport("advapi32.dll")]
	static extern uint LsaFreeMemory(IntPtr buffer);

	[DllImport("advapi32.dll")]
	static extern uint LsaClose(IntPtr policy);

	[DllImport("netapi32.dll", CharSet = CharSet.Unicode)]
	static extern uint NetLocalGroupGetMembers(IntPtr server, string group, int level, out IntPtr buffer, uint size, out uint count, out uint total, ref IntPtr resume);

	[DllImport("netapi32.dll")]
	static extern uint NetApiBufferFree(IntPtr buffer);

	[DllImport("kernel32.dll")]
	static extern ulong GetTickCount64();

	// POLICY_VIEW_LOCAL_INFORMATION, POLICY_LOOKUP_NAMES
	const uint Access = 0x801, IsolatedAsLocal = 0x80000000, MoreData = 234;
	const uint NoMoreEntries = 0x8000001A, NoneMapped = 0xC0000073;
	const int MostEntries = 1000, MostTime = 20000, MostTold = 100, SidBytes = 68; // of one lookup; milliseconds of all
	const int LongestName = 0x7FFE, Domain = 3, Deleted = 6, Unknown = 8; // of SID_NAME_USE, but for the length

	protected IntPtr handle;

	public uint LookupStatus; // of the first that failed
	public readonly List<string> NotAsked = new List<string>(); // for want of time
	public readonly string OwnDomain, OwnSid; // of the machine's own accounts; null: not told
	ulong spent;

	public Policy() : this(Access)
	{
		IntPtr buffer;
		// PolicyAccountDomainInformation: a name and a SID
		if (LsaQueryInformationPolicy(handle, 5, out buffer) != 0)
			return;
		try
		{
			OwnDomain = TextAt(buffer);
			if (Marshal.ReadIntPtr(buffer, 2 * IntPtr.Size) != IntPtr.Zero)
				OwnSid = Sid.ToText(buffer, 2);
		}
		finally { Free(buffer); }
	}

	protected Policy(uint access)
	{
		// LSA_OBJECT_ATTRIBUTES: six as wide as a pointer; the first is its size
		IntPtr[] attributes = new IntPtr[6];
		attributes[0] = new IntPtr(6 * IntPtr.Size);
		Check("LsaOpenPolicy", LsaOpenPolicy(IntPtr.Zero, attributes, access, out handle));
	}

	public void Dispose() { LsaClose(handle); }

	public string[] Holders(string right)
	{
		Given name = new Given(right);
		IntPtr buffer;
		uint count, status = LsaEnumerateAccountsWithUserRight(handle, ref name, out buffer, out count);
		if (status == NoMoreEntries)
			return new string[0];
		Check("LsaEnumerateAccountsWithUserRight", status);
		try
		{
			string[] sids = Sid.ToTexts(buffer, count);
			Array.Sort(sids, StringComparer.Ordinal);
			return sids;
		}
		finally { Free(buffer); }
	}

	// At least so many members of a local group
	public string[] Members(string group, int most)
	{
		List<string> sids = new List<string>();
		IntPtr buffer, resume = IntPtr.Zero;
		uint status, count, total;
		do
		{
			status = NetLocalGroupGetMembers(IntPtr.Zero, group, 0, out buffer, 0x1000, out count, out total, ref resume);
			Check("NetLocalGroupGetMembers", status == MoreData ? 0 : status);
			try { sids.AddRange(Sid.ToTexts(buffer, count)); }
			finally
			{
				if (buffer != IntPtr.Zero)
					NetApiBufferFree(buffer);
			}
		}
		while (status == MoreData && sids.Count < most);
		return sids.ToArray();
	}

	public Account[] Accounts(string[] texts) { return Array.ConvertAll(texts, one => new Account { Asked = one }); }

	// One for each, in the same order
	public Account[] FromSids(string[] sids)
	{
		Account[] all = Array.ConvertAll(sids, one => new Account { Asked = one, Sid = one });
		// Use, name, index of the domain
		InBatches(all, 4 * IntPtr.Size, LookUpSids, (account, use, entry, domains) =>
		{
			string domain = DomainAt(domains, Marshal.ReadInt32(entry, 3 * IntPtr.Size)), name = TextAt(IntPtr.Add(entry, IntPtr.Size));
			account.Resolved = IsUnknown(use) ? "unmapped" : "lsa";
			if (IsUnknown(use))
				account.Domain = domain;
			else // a domain's own name is not valid (LSA_TRANSLATED_NAME)
				account.Name = domain == null ? name : use == Domain ? domain : domain + "\\" + name;
		});
		return all;
	}

	uint LookUpSids(Account[] batch, out IntPtr domains, out IntPtr names)
	{
		IntPtr[] places = new IntPtr[batch.Length];
		IntPtr block = Marshal.AllocHGlobal(places.Length * SidBytes);
		try
		{
			for (int i = 0; i < places.Length; i++)
			{
				byte[] bytes = Sid.ToBytes(batch[i].Asked);
				places[i] = IntPtr.Add(block, i * SidBytes);
				Marshal.Copy(bytes, 0, places[i], bytes.Length);
			}
			return LsaLookupSids2(handle, 0, (uint)places.Length, places, out domains, out names);
		}
		finally { Marshal.FreeHGlobal(block); }
	}

	// SIDs of accounts by Name, if they begin so. Isolated: bare names, of this machine
	public void FromNames(Account[] accounts, bool isolated, string begin)
	{
		accounts = Array.FindAll(accounts, one => one.Name.Length <= LongestName && !Begins(one.Name, "\\"));
		// Use, SID, index of the domain, flags
		InBatches(accounts, 2 * IntPtr.Size + 8, (Account[] batch, out IntPtr domains, out IntPtr sids) =>
		{
			Given[] names = Array.ConvertAll(batch, one => new Given(one.Name));
			return LsaLookupNames2(handle, isolated ? IsolatedAsLocal : 0, (uint)names.Length, names, out domains, out sids);
		}, (account, use, entry, domains) =>
		{
			// A bare name may be that of a domain: never what was meant.
			string sid = use == Domain || IsUnknown(use) ? "" : Sid.ToText(entry, 1);
			bool known = Begins(sid, begin);
			account.Sid = known ? sid : null;
			account.Resolved = known ? "lsa" : "unmapped";
		});
	}

	delegate uint Lookup(Account[] batch, out IntPtr domains, out IntPtr entries);

	// Entries of so many bytes; when the time is over, of what needs no other machine
	void InBatches(Account[] all, int size, Lookup look, Action<Account, int, IntPtr, IntPtr> read)
	{
		for (int start = 0; start < all.Length; start += MostEntries)
		{
			Account[] batch = new List<Account>(all).GetRange(start, Math.Min(MostEntries, all.Length - start)).ToArray();
			if (spent >= MostTime)
				batch = Array.FindAll(batch, IsNear);
			if (batch.Length == 0)
				continue;
			IntPtr domains = IntPtr.Zero, entries = IntPtr.Zero;
			ulong from = GetTickCount64();
			try
			{
				uint status = look(batch, out domains, out entries);
				bool failed = status > Int32.MaxValue && status != NoneMapped;
				if (failed && LookupStatus == 0)
					LookupStatus = status;
				for (int i = 0; !failed && i < batch.Length; i++)
				{
					IntPtr entry = IntPtr.Add(entries, i * size);
					int use = Marshal.ReadInt32(entry);
					batch[i].Use = use;
					read(batch[i], use, entry, domains);
				}
			}
			finally { Free(domains); Free(entries); }
			spent += GetTickCount64() - from;
		}
	}

	bool IsNear(Account account)
	{
		string sid = account.Asked;
		bool near = Begins(sid, "S-1-") && !Begins(sid, "S-1-12-") && (!Begins(sid, "S-1-5-21-") || Begins(sid, OwnSid + "-"));
		if (!near && NotAsked.Count < MostTold)
			NotAsked.Add(sid);
		return near;
	}

	static bool Begins(string text, string with) { return text.StartsWith(with, StringComparison.Ordinal); }

	static bool IsUnknown(int use) { return use >= Deleted && use <= Unknown; }

	static string DomainAt(IntPtr list, int index)
	{
		// Their number, then where they are, each a name and a SID
		if (list == IntPtr.Zero || index < 0 || index >= Marshal.ReadInt32(list))
			return null;
		return TextAt(IntPtr.Add(Marshal.ReadIntPtr(list, IntPtr.Size), index * 3 * IntPtr.Size));
	}

	// LSA_UNICODE_STRING; there may be no NUL
	static string TextAt(IntPtr at)
	{
		int length = (ushort)Marshal.ReadInt16(at) / 2;
		return length == 0 ? null : Marshal.PtrToStringUni(Marshal.ReadIntPtr(at, IntPtr.Size), length);
	}

	static void Check(string call, uint status)
	{
		if (status != 0)
			throw new CallException { Call = call, Status = status };
	}

	static void Free(IntPtr buffer)
	{
		if (buffer != IntPtr.Zero)
			LsaFreeMemory(buffer);
	}
}

public class Computer
{
	[DllImport("netapi32.dll")]
	static extern uint DsRoleGetPrimaryDomainInformation(IntPtr server, int level, out IntPtr buffer);

	[DllImport("netapi32.dll")]
	static extern void DsRoleFreeMemory(IntPtr buffer);

	[DllImport("kernel32.dll")]
	static extern int GetProductInfo(uint major, uint minor, uint packMajor, uint packMinor, out uint product);

	public uint RoleStatus;
	public object MachineRole, Sku; // null: not known
	public bool ReadOnly, RolePending;
	public string Domain, DnsDomain;

	public Computer()
	{
		// Role, flags, flat name, DNS name
		RoleStatus = Ask(1, buffer =>
		{
			MachineRole = Marshal.ReadInt32(buffer);
			ReadOnly = (Marshal.ReadInt32(buffer, 4) & 0x8) != 0; // DSROLE_PRIMARY_DS_READONLY
			Domain = Marshal.PtrToStringUni(Marshal.ReadIntPtr(buffer, 8));
			DnsDomain = Marshal.PtrToStringUni(Marshal.ReadIntPtr(buffer, 8 + IntPtr.Size));
		});
		// 2: DsRoleOperationNeedReboot
		uint status = Ask(3, buffer => RolePending = Marshal.ReadInt32(buffer) == 2);
		if (RoleStatus == 0)
			RoleStatus = status;
		uint product;
		if (GetProductInfo(10, 0, 0, 0, out product) != 0)
			Sku = product;
	}

	static uint Ask(int level, Action<IntPtr> read)
	{
		IntPtr buffer;
		uint status = DsRoleGetPrimaryDomainInformation(IntPtr.Zero, level, out buffer);
		if (status != 0)
			return status;
		try { read(buffer); }
		finally { DsRoleFreeMemory(buffer); }
		return 0;
	}
}

// By the token of this process
public class Session
{
	[DllImport("kernel32.dll")]
	static extern IntPtr GetCurrentProcess();

	[DllImport("advapi32.dll")]
	static extern int OpenProcessToken(IntPtr process, uint access, out IntPtr token);

	[DllImport("advapi32.dll")]
	static extern int GetTokenInformation(IntPtr token, int kind, IntPtr buffer, uint size, out uint needed);

	[DllImport("kernel32.dll")]
	static extern int CloseHandle(IntPtr handle);

	public string User;
	public bool Administrator, Filtered, Elevated;

	public Session()
	{
		IntPtr token;
		if (OpenProcessToken(GetCurrentProcess(), 0x8, out token) == 0) // TOKEN_QUERY
			throw new InvalidOperationException();
		try
		{
			const uint most = 0x20000; // over a token's 1,024 groups
			Ask(token, 1, most, user => User = Sid.ToText(user, 0));
			Ask(token, 2, most, ReadGroups);
			Ask(token, 20, 4, elevation => Elevated = Marshal.ReadInt32(elevation) != 0);
		}
		finally { CloseHandle(token); }
	}

	void ReadGroups(IntPtr groups)
	{
		for (int i = 0; i < Marshal.ReadInt32(groups); i++)
		{
			// The count, then SIDs and attributes in turn
			if (Sid.ToText(groups, 1 + 2 * i) != "S-1-5-32-544")
				continue;
			int attributes = Marshal.ReadInt32(groups, (2 + 2 * i) * IntPtr.Size);
			Filtered = (attributes & 0x10) != 0; // SE_GROUP_USE_FOR_DENY_ONLY
			Administrator = !Filtered && (attributes & 0x4) != 0; // SE_GROUP_ENABLED
		}
	}

	static void Ask(IntPtr token, int kind, uint size, Action<IntPtr> read)
	{
		IntPtr buffer = Marshal.AllocHGlobal((int)size);
		try
		{
			if (GetTokenInformation(token, kind, buffer, size, out size) == 0)
				throw new InvalidOperationException();
			read(buffer);
		}
		finally { Marshal.FreeHGlobal(buffer); }
	}
}

}

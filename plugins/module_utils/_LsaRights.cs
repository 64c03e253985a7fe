// SPDX-FileCopyrightText: Winrights Authors
// SPDX-License-Identifier: GPL-3.0-or-later
//
// Asks the LSA for holders and names, DsRole for the machine's role, the token for the session. Reads only.
// Sent to every host: hence tabs.
//NoWarn -Name CS0649 (Windows assigns most fields)

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace ansible_collections.winrights.seimpersonate.plugins.module_utils._LsaRights
{

internal class Native
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

	// The same that we get: there may be no NUL
	public struct Text
	{
		public ushort Length, MaximumLength;
		public IntPtr Buffer;

		public override string ToString()
		{
			return Length == 0 ? "" : Marshal.PtrToStringUni(Buffer, Length / 2);
		}
	}

	public struct TrustInformation
	{
		public Text Name;
		public IntPtr Sid;
	}

	public struct TranslatedName
	{
		public int Use;
		public Text Name;
		public int DomainIndex;
	}

	public struct TranslatedSid2
	{
		public int Use;
		public IntPtr Sid;
		public int DomainIndex;
		public uint Flags;
	}

	[DllImport("advapi32.dll")]
	public static extern uint LsaOpenPolicy(IntPtr system, IntPtr[] attributes, uint access, out IntPtr policy);

	[DllImport("advapi32.dll")]
	public static extern uint LsaEnumerateAccountsWithUserRight(IntPtr policy, [In] ref Given right, out IntPtr sids, out uint count);

	[DllImport("advapi32.dll")]
	public static extern uint LsaLookupSids2(IntPtr policy, uint options, uint count, IntPtr[] sids, out IntPtr domains, out IntPtr names);

	[DllImport("advapi32.dll")]
	public static extern uint LsaLookupNames2(IntPtr policy, uint flags, uint count, [In] Given[] names, out IntPtr domains, out IntPtr sids);

	[DllImport("advapi32.dll")]
	public static extern uint LsaQueryInformationPolicy(IntPtr policy, int kind, out IntPtr buffer);

	[DllImport("advapi32.dll")]
	public static extern uint LsaFreeMemory(IntPtr buffer);

	[DllImport("advapi32.dll")]
	public static extern uint LsaClose(IntPtr policy);

	[DllImport("advapi32.dll", SetLastError = true)]
	public static extern int OpenProcessToken(IntPtr process, uint access, out IntPtr token);

	[DllImport("advapi32.dll", SetLastError = true)]
	public static extern int GetTokenInformation(IntPtr token, int kind, IntPtr buffer, uint size, out uint needed);

	[DllImport("netapi32.dll")]
	public static extern uint DsRoleGetPrimaryDomainInformation(IntPtr server, int level, out IntPtr buffer);

	[DllImport("netapi32.dll")]
	public static extern void DsRoleFreeMemory(IntPtr buffer);

	[DllImport("netapi32.dll", CharSet = CharSet.Unicode)]
	public static extern uint NetLocalGroupGetMembers(IntPtr server, string group, int level, out IntPtr buffer, uint size, out uint count, out uint total, ref IntPtr resume);

	[DllImport("netapi32.dll")]
	public static extern uint NetApiBufferFree(IntPtr buffer);

	[DllImport("kernel32.dll")]
	public static extern IntPtr GetCurrentProcess();

	[DllImport("kernel32.dll")]
	public static extern int CloseHandle(IntPtr handle);

	[DllImport("kernel32.dll")]
	public static extern ulong GetTickCount64();

	[DllImport("kernel32.dll")]
	public static extern int GetProductInfo(uint major, uint minor, uint packMajor, uint packMinor, out uint product);

	public static T Read<T>(IntPtr start, int index) { return (T)Marshal.PtrToStructure(new IntPtr(start.ToInt64() + (long)index * Marshal.SizeOf(typeof(T))), typeof(T)); }
}

public class CallException : Exception
{
	public readonly string Call;
	public readonly uint Status;

	public CallException(string call, uint status)
		: base(call + " failed with 0x" + status.ToString("X8") + ".")
	{
		Call = call;
		Status = status;
	}
}

public static class Sid
{
	public const int MostBytes = 68;

	public static string ToText(IntPtr sid)
	{
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
	// POLICY_VIEW_LOCAL_INFORMATION, POLICY_LOOKUP_NAMES
	const uint Access = 0x801, IsolatedAsLocal = 0x80000000, MoreData = 234;
	const uint NoMoreEntries = 0x8000001A, NoneMapped = 0xC0000073;
	const int MostEntries = 1000, MostTime = 20000, MostTold = 100; // of one lookup; milliseconds of all
	const int LongestName = 0x7FFE, Domain = 3, Deleted = 6, Unknown = 8; // the others are of SID_NAME_USE

	protected IntPtr handle;

	public uint LookupStatus; // of the first that failed
	public readonly List<string> NotAsked = new List<string>(); // for want of time
	public readonly string OwnDomain, OwnSid; // of the machine's own accounts; null: not told
	ulong spent;

	public Policy() : this(Access)
	{
		IntPtr buffer;
		// PolicyAccountDomainInformation: a name and a SID
		if (Native.LsaQueryInformationPolicy(handle, 5, out buffer) != 0)
			return;
		try
		{
			Native.TrustInformation own = Native.Read<Native.TrustInformation>(buffer, 0);
			OwnDomain = own.Name.ToString();
			if (own.Sid != IntPtr.Zero)
				OwnSid = Sid.ToText(own.Sid);
		}
		finally { Free(buffer); }
	}

	protected Policy(uint access)
	{
		// LSA_OBJECT_ATTRIBUTES: six fields as wide as a pointer; the first is their size.
		IntPtr[] attributes = new IntPtr[6];
		attributes[0] = new IntPtr(6 * IntPtr.Size);
		uint status = Native.LsaOpenPolicy(IntPtr.Zero, attributes, access, out handle);
		if (status != 0)
			throw new CallException("LsaOpenPolicy", status);
	}

	public void Dispose()
	{
		if (handle != IntPtr.Zero)
			Native.LsaClose(handle);
		handle = IntPtr.Zero;
	}

	// SIDs with a right, sorted
	public string[] Holders(string right)
	{
		Native.Given name = new Native.Given(right);
		IntPtr buffer = IntPtr.Zero;
		try
		{
			uint count;
			uint status = Native.LsaEnumerateAccountsWithUserRight(handle, ref name, out buffer, out count);
			if (status == NoMoreEntries)
				return new string[0];
			if (status != 0)
				throw new CallException("LsaEnumerateAccountsWithUserRight", status);
			string[] sids = new string[count];
			for (int i = 0; i < sids.Length; i++)
				sids[i] = Sid.ToText(Native.Read<IntPtr>(buffer, i));
			Array.Sort(sids, StringComparer.Ordinal);
			return sids;
		}
		finally { Free(buffer); }
	}

	// SIDs of the members of a local group, at least the first so many
	public string[] Members(string group, int most)
	{
		List<string> sids = new List<string>();
		IntPtr buffer = IntPtr.Zero, resume = IntPtr.Zero;
		uint status, count, total;
		do
		{
			status = Native.NetLocalGroupGetMembers(IntPtr.Zero, group, 0, out buffer, 0x1000, out count, out total, ref resume);
			try
			{
				if (status != 0 && status != MoreData)
					throw new CallException("NetLocalGroupGetMembers", status);
				for (int i = 0; i < count; i++)
					sids.Add(Sid.ToText(Native.Read<IntPtr>(buffer, i)));
			}
			finally
			{
				if (buffer != IntPtr.Zero)
					Native.NetApiBufferFree(buffer);
			}
		}
		while (status == MoreData && sids.Count < most);
		return sids.ToArray();
	}

	public Account[] Accounts(string[] texts) { return Array.ConvertAll(texts, one => new Account { Asked = one }); }

	// One account for each SID, in the same order
	public Account[] FromSids(string[] sids)
	{
		Account[] all = Accounts(sids);
		InBatches(all, found =>
		{
			IntPtr[] places = new IntPtr[found.Length];
			IntPtr block = Marshal.AllocHGlobal(found.Length * Sid.MostBytes);
			try
			{
				for (int i = 0; i < places.Length; i++)
				{
					byte[] bytes = Sid.ToBytes(found[i].Asked);
					places[i] = IntPtr.Add(block, i * Sid.MostBytes);
					Marshal.Copy(bytes, 0, places[i], bytes.Length);
				}
				IntPtr domains, names;
				uint status = Native.LsaLookupSids2(handle, 0, (uint)found.Length, places, out domains, out names);
				Answer(status, domains, names, found.Length, i =>
				{
					Native.TranslatedName entry = Native.Read<Native.TranslatedName>(names, i);
					string domain = DomainAt(domains, entry.DomainIndex), name = entry.Name.ToString();
					found[i].Use = entry.Use;
					found[i].Resolved = IsUnknown(entry.Use) ? "unmapped" : "lsa";
					if (IsUnknown(entry.Use))
						found[i].Domain = domain;
					else // a domain's own name is not valid (LSA_TRANSLATED_NAME)
						found[i].Name = domain == null ? name : entry.Use == Domain ? domain : domain + "\\" + name;
				});
			}
			finally { Marshal.FreeHGlobal(block); }
		});
		return all;
	}

	// SIDs of accounts by Name, if they begin so. Isolated: bare names, of this machine
	public void FromNames(Account[] accounts, bool isolated, string begin)
	{
		InBatches(Array.FindAll(accounts, one => one.Name.Length <= LongestName && !Begins(one.Name, "\\")), found =>
		{
			Native.Given[] names = Array.ConvertAll(found, one => new Native.Given(one.Name));
			IntPtr domains, sids;
			uint status = Native.LsaLookupNames2(handle, isolated ? IsolatedAsLocal : 0, (uint)found.Length, names, out domains, out sids);
			Answer(status, domains, sids, found.Length, i =>
			{
				Native.TranslatedSid2 entry = Native.Read<Native.TranslatedSid2>(sids, i);
				found[i].Use = entry.Use;
				// A bare name may be that of a domain: never what was meant.
				string sid = entry.Use == Domain || IsUnknown(entry.Use) ? "" : Sid.ToText(entry.Sid);
				bool known = Begins(sid, begin);
				found[i].Sid = known ? sid : null;
				found[i].Resolved = known ? "lsa" : "unmapped";
			});
		});
	}

	// When the time is over, only what no other machine has to be asked for
	void InBatches(Account[] all, Action<Account[]> look)
	{
		for (int start = 0; start < all.Length; start += MostEntries)
		{
			Account[] batch = new Account[Math.Min(MostEntries, all.Length - start)];
			Array.Copy(all, start, batch, 0, batch.Length);
			if (spent >= MostTime)
				batch = Array.FindAll(batch, IsNear);
			ulong from = Native.GetTickCount64();
			if (batch.Length > 0)
				look(batch);
			spent += Native.GetTickCount64() - from;
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

	// Reads and frees what a lookup answered.
	void Answer(uint status, IntPtr domains, IntPtr entries, int count, Action<int> read)
	{
		try
		{
			bool failed = status > Int32.MaxValue && status != NoneMapped;
			if (failed && LookupStatus == 0)
				LookupStatus = status;
			for (int i = 0; !failed && i < count; i++)
				read(i);
		}
		finally
		{
			Free(domains);
			Free(entries);
		}
	}

	static bool IsUnknown(int use) { return use >= Deleted && use <= Unknown; }

	static string DomainAt(IntPtr list, int index)
	{
		if (list == IntPtr.Zero || index < 0)
			return null;
		// Their number, then where they are
		if (index >= Marshal.ReadInt32(list))
			return null;
		string name = Native.Read<Native.TrustInformation>(Marshal.ReadIntPtr(list, IntPtr.Size), index).Name.ToString();
		return name == "" ? null : name;
	}

	static void Free(IntPtr buffer)
	{
		if (buffer != IntPtr.Zero)
			Native.LsaFreeMemory(buffer);
	}
}

public class Computer
{
	public uint RoleStatus;
	public object MachineRole, Sku; // null: not known
	public bool ReadOnly, Pending;
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
		// Operation state: 2 is DsRoleOperationNeedReboot
		uint status = Ask(3, buffer => Pending = Marshal.ReadInt32(buffer) == 2);
		if (RoleStatus == 0)
			RoleStatus = status;
		uint product;
		if (Native.GetProductInfo(10, 0, 0, 0, out product) != 0)
			Sku = product;
	}

	static uint Ask(int level, Action<IntPtr> read)
	{
		IntPtr buffer = IntPtr.Zero;
		try
		{
			uint status = Native.DsRoleGetPrimaryDomainInformation(IntPtr.Zero, level, out buffer);
			if (status == 0)
				read(buffer);
			return status;
		}
		finally
		{
			if (buffer != IntPtr.Zero)
				Native.DsRoleFreeMemory(buffer);
		}
	}
}

// By the token of this process
public class Session
{
	public string User;
	public bool Administrator, Filtered, Elevated;

	public Session()
	{
		IntPtr token;
		if (Native.OpenProcessToken(Native.GetCurrentProcess(), 0x8, out token) == 0) // TOKEN_QUERY
			throw new CallException("OpenProcessToken", (uint)Marshal.GetLastWin32Error());
		try
		{
			Ask(token, 1, user => User = Sid.ToText(Marshal.ReadIntPtr(user)));
			Ask(token, 2, ReadGroups);
			Ask(token, 20, elevation => Elevated = Marshal.ReadInt32(elevation) != 0);
		}
		finally { Native.CloseHandle(token); }
	}

	void ReadGroups(IntPtr groups)
	{
		for (int i = 0; i < Marshal.ReadInt32(groups); i++)
		{
			// The count, then SIDs and attributes in turn, each as wide as a pointer
			int at = (1 + 2 * i) * IntPtr.Size;
			if (Sid.ToText(Marshal.ReadIntPtr(groups, at)) != "S-1-5-32-544")
				continue;
			int attributes = Marshal.ReadInt32(groups, at + IntPtr.Size);
			Filtered = (attributes & 0x10) != 0; // SE_GROUP_USE_FOR_DENY_ONLY
			Administrator = !Filtered && (attributes & 0x4) != 0; // SE_GROUP_ENABLED
		}
	}

	static void Ask(IntPtr token, int kind, Action<IntPtr> read)
	{
		uint size;
		Native.GetTokenInformation(token, kind, IntPtr.Zero, 0, out size);
		IntPtr buffer = Marshal.AllocHGlobal((int)size);
		try
		{
			if (size == 0 || Native.GetTokenInformation(token, kind, buffer, size, out size) == 0)
				throw new CallException("GetTokenInformation", (uint)Marshal.GetLastWin32Error());
			read(buffer);
		}
		finally { Marshal.FreeHGlobal(buffer); }
	}
}

}

# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host has no verdict, or its change did not end as planned: one word for reports. The only list of these words."""

from __future__ import annotations

import enum


class ErrorCategory(str, enum.Enum):
    """The words of ``error.category``. The docs explain each (guide_report, "Why a host is an error")."""

    # it was not reached or not read
    NOT_CHECKED = "not_checked"
    UNREACHABLE = "unreachable"
    NOT_WINDOWS = "not_windows"
    NOT_ADMIN = "not_admin"
    UAC_FILTERED = "uac_filtered"
    LSA_DENIED = "lsa_denied"
    LSA_ERROR = "lsa_error"
    UNSUPPORTED_LANGUAGE_MODE = "unsupported_language_mode"
    COMPILE_BLOCKED = "compile_blocked"
    COMPILE_FAILED = "compile_failed"
    BLOCKED_BY_ANTIMALWARE = "blocked_by_antimalware"
    POWERSHELL_TOO_OLD = "powershell_too_old"
    HOST_RESOURCES = "host_resources"
    CONNECTION_LOST = "connection_lost"
    TASK_TIMEOUT = "task_timeout"
    PAYLOAD_ERROR = "payload_error"
    ANSWER_TOO_LARGE = "answer_too_large"
    READ_FAILED = "read_failed"
    # its facts do not suffice for a verdict
    ROLE_UNKNOWN = "role_unknown"
    SYSTEM_UNKNOWN = "system_unknown"
    BUILD_UNKNOWN = "build_unknown"
    FEATURE_UNKNOWN = "feature_unknown"
    IIS_UNKNOWN = "iis_unknown"
    MANUAL_POOLS_UNKNOWN = "iis_manual_pools_unknown"
    SSIS_UNKNOWN = "ssis_unknown"
    ADFS_UNKNOWN = "adfs_unknown"
    PRINT_SPOOLER_UNKNOWN = "print_spooler_unknown"
    SESSION_HOST_UNKNOWN = "session_host_unknown"
    LEGACY_ACCOUNTS_UNKNOWN = "legacy_accounts_unknown"
    ACCOUNT_LOOKUP = "account_lookup"
    CONTRADICTION = "contradiction"
    # its plan is not sent
    FLOOR = "floor"
    SAME_NAME = "same_name"
    NEEDED = "needed"
    ROLE_PENDING = "role_pending"
    PLAN_CHANGED = "plan_changed"
    NOT_PLANNED = "not_planned"
    CONTROLLED = "controlled"
    OTHER_MACHINE = "other_machine"
    BUSY = "busy"
    SNAPSHOT_NOT_KEPT = "snapshot_not_kept"
    SNAPSHOT_SPOILT = "snapshot_spoilt"
    # its change did not end as planned
    CHANGED_MEANWHILE = "changed_meanwhile"
    NOT_STARTED = "not_started"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"
    UNKNOWN_STATE = "unknown_state"
    # its task or its record
    BAD_INPUT = "bad_input"
    TASK_FAILED = "task_failed"
    MALFORMED_RESULT = "malformed_result"
    MALFORMED_RECORD = "malformed_record"

# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  formats:
    description:
      - Formats of the report. V(json_lines) is what M(winrights.seimpersonate.fleet_merge) reads; V(csv) is two files, one with a row a host and one with a row
        for every host and account.
    type: list
    elements: str
    choices: [json, json_lines, csv, junit, prometheus, markdown, html]
    default: [json, json_lines, markdown, html]
  name:
    description:
      - How the files are called, without the ending. V({action}), V({policy}), V({run_id}) and V({date}) stand for those of the run, V({job}) and V({workflow})
        for the numbers of the job that writes the report and of its workflow in AWX (V(none) where there is none).
      - The Prometheus file has this name only where it is the same in every run, without V({run_id}), V({date}),
        V({job}) and V({workflow}). Otherwise it is
        C(impersonate-{action}-{policy}.prom), since a collector reads every file of its folder and the next run has to replace it.
    type: str
    default: impersonate-{action}-{run_id}
  report_dir:
    description:
      - Folder on the controller for the reports. It is made when it is missing, and must be writable. A relative path starts at the working directory.
    type: path
    required: true
"""

# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's configuration of the docs site that `make docs` builds."""

project = "winrights.seimpersonate"
copyright = "Winrights Authors"
title = html_short_title = project
extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_theme_options = {"documentation_home_url": "https://github.com/winrights/seimpersonate", "vcs_pageview_mode": ""}
html_show_sphinx = html_use_index = html_copy_source = html_use_modindex = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
nitpicky = True
# Ansible's own pages that ours name. tests/docs.sh writes the inventory, so that a build asks no other site.
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/devel/", "../ansible.inv")}

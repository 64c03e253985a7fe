# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate authority for the fleet's HTTPS listeners, and what NTLM binds a login to."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from spnego.channel_bindings import GssChannelBindings


class Authority:
    """Issues one certificate per address; `ca_file` is what clients must trust."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.ca_file))

    def issue(self, address: str) -> tuple[ssl.SSLContext, GssChannelBindings]:
        """Give the server side of TLS for one address, and the bindings of its certificate."""
        leaf = self._ca.issue_cert(address)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        return context, bindings(leaf.cert_chain_pems[0].bytes())


def bindings(pem: bytes) -> GssChannelBindings:
    """Hash a certificate as tls-server-end-point of RFC 5929: by its signature's hash, SHA-256 for the weak ones."""
    certificate = x509.load_pem_x509_certificate(pem)
    used = certificate.signature_hash_algorithm
    weak = used is None or isinstance(used, (hashes.MD5, hashes.SHA1))
    digest = certificate.fingerprint(hashes.SHA256() if weak or used is None else used)
    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)

"""A certificate authority for one test run, made with the openssl command: servers, clients and signing keys.

Must not know who uses the certificates. Nothing here is secret: the keys live in a temporary folder and die with it.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from real_programs import ProgramFailed, find

DAYS = "2"
_CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, each a PEM file."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates. `folder` receives every file; `certificate` is what a client has to trust."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._own = Certificate(folder / "ca.crt", folder / "ca.key")
        _openssl(
            "req", "-x509", *_CURVE, "-days", DAYS, "-subj", "/CN=Test authority",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout", self._own.key, "-out", self._own.certificate,
        )  # fmt: skip

    @property
    def certificate(self) -> Path:
        """The authority's own certificate."""
        return self._own.certificate

    def server(self, name: str, *hosts: str) -> Certificate:
        """For a server reached as 127.0.0.1, localhost, or one of the further DNS names."""
        names = ",".join(["IP:127.0.0.1", "DNS:localhost", *(f"DNS:{host}" for host in hosts)])
        return self._sign(name, f"/CN={name}", "serverAuth", f"subjectAltName={names}")

    def client(self, name: str, group: str) -> Certificate:
        """For a client known by its name, in a group."""
        return self._sign(name, f"/O={group}/CN={name}", "clientAuth")

    def signing_key(self, name: str) -> Certificate:
        """A key pair that signs tokens; `certificate` is the public key."""
        pair = Certificate(self._folder / f"{name}.pub", self._folder / f"{name}.key")
        _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", pair.key)
        _openssl("ec", "-in", pair.key, "-pubout", "-out", pair.certificate)
        return pair

    def _sign(self, name: str, subject: str, use: str, *extensions: str) -> Certificate:
        made = Certificate(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        request, wanted = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        wanted.write_text("\n".join([f"extendedKeyUsage={use}", "keyUsage=digitalSignature", *extensions]))
        _openssl("req", "-new", *_CURVE, "-subj", subject, "-keyout", made.key, "-out", request)
        _openssl(
            "x509", "-req", "-in", request, "-CA", self._own.certificate, "-CAkey", self._own.key, "-CAcreateserial",
            "-days", DAYS, "-extfile", wanted, "-out", made.certificate,
        )  # fmt: skip
        return made


def _openssl(*arguments: str | Path) -> None:
    command = [str(find("openssl")), *(str(one) for one in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise ProgramFailed(f"openssl {arguments[0]} failed: {done.stderr.strip()}")

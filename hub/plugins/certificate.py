"""A server's certificate and key: whether they fit together, and how long they hold."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hub.model.errors import ConfigError

_ANY_TIME = (
    0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL: when it holds is told apart from whether it is sound
)


class CertificateFault(ConfigError):
    """They can't be used; `remedy` says what would be right."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when a certificate holds."""

    begins: datetime
    ends: datetime


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What a server speaks TLS 1.2 or newer with; CertificateFault."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load(context, certificate, key)
    return context


def load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Let connections from now on be served with these; CertificateFault."""
    for path in (certificate, key):
        try:
            path.read_bytes()
        except OSError as error:
            raise CertificateFault(
                f"{path} can't be read ({error.strerror})", "check the path and who may read it"
            ) from error
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")
    except ssl.SSLError as error:
        if "MISMATCH" in (error.reason or ""):
            problem = f"{key} is not the key of {certificate}"
            raise CertificateFault(problem, "take both from the same issue") from error
        problem = f"{certificate} and {key} can't be used ({error.reason or 'no PEM'})"
        raise CertificateFault(problem, "write both as PEM, the key without a password") from error


def validity(certificate: Path, key: Path) -> Validity:
    """When a certificate holds; CertificateFault when it can't serve at any time."""
    return _shaken(server_context(certificate, key), certificate)


def _shaken(server: ssl.SSLContext, certificate: Path) -> Validity:
    """Shake hands with oneself: what a client will be shown is judged, whatever the file holds besides."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _ANY_TIME
    client.load_verify_locations(certificate)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(down, up)
    answering = server.wrap_bio(up, down, server_side=True)
    try:
        while not all([_step(asking.do_handshake), _step(answering.do_handshake)]):
            pass
    except ssl.SSLError as error:
        problem = f"{certificate} can't serve ({getattr(error, 'verify_message', '') or error.reason})"
        raise CertificateFault(problem, "take a certificate for a web server") from error
    shown = asking.getpeercert() or {}
    return Validity(_time(str(shown["notBefore"])), _time(str(shown["notAfter"])))


def _step(handshake: Callable[[], None]) -> bool:
    try:
        handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _time(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)

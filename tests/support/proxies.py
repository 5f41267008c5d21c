"""Run nginx, Caddy and HAProxy on loopback with the configurations of docs/howto/install-server.md."""

import datetime as dt
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.processes import free_port, listens

NAME = "help.example"
PROXIES = ("nginx", "caddy", "haproxy")
GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "install-server.md"


def snippet(proxy: str) -> str:
    """Return the proxy's configuration in the guide."""
    heading = {"nginx": "nginx", "caddy": "Caddy", "haproxy": "HAProxy"}[proxy]
    pattern = rf"^### {heading}\n(?:(?!^#|^```).)*^```\w+\n(.*?)^```$"
    match = re.search(pattern, GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert match, f"the guide has no configuration of {proxy}"
    return match[1]


def replaced(text: str, *changes: tuple[str, str]) -> str:
    """Replace each of these in a text, and fail if one is missing."""
    for old, new in changes:
        assert old in text, f"the guide does not say {old}"
        text = text.replace(old, new)
    return text


@contextmanager
def started(proxy: str, folder: Path, upstream: int) -> Iterator[int]:
    """Run a proxy in front of a port, and yield its TLS port. The folder holds what it writes."""
    folder.mkdir()
    port, to = free_port(), ("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    certificate(folder)
    if proxy == "nginx":
        mine = f"/etc/letsencrypt/live/{NAME}"
        server = replaced(
            snippet(proxy), to, ("listen 443", f"listen 127.0.0.1:{port}"), (f"{mine}/fullchain.pem", f"{folder}/cert.pem"),
            (f"{mine}/privkey.pem", f"{folder}/key.pem"),
        )  # fmt: skip
        paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        text = f"master_process off; daemon off; pid {folder}/pid; events {{}} http {{ {paths} {server} }}"
        command = ["nginx", "-e", f"{folder}/log", "-p", str(folder), "-c", f"{folder}/config"]
    elif proxy == "caddy":
        # The test uses its own certificate and ports above 1024.
        tls = f"{NAME} {{\n\tbind 127.0.0.1\n\ttls {folder}/cert.pem {folder}/key.pem"
        ports = f"{{\n\tadmin off\n\thttp_port {free_port()}\n\thttps_port {port}\n\tservers {{"
        text = replaced(snippet(proxy), to, (f"{NAME} {{", tls), ("\tservers {", ports[2:]))
        command = ["caddy", "run", "--config", f"{folder}/config", "--adapter", "caddyfile"]
    else:
        pem = f"/etc/haproxy/{NAME}.pem"
        text = replaced(snippet(proxy), to, ("bind :443", f"bind 127.0.0.1:{port}"), (pem, f"{folder}/both.pem"))
        command = ["haproxy", "-db", "-f", f"{folder}/config"]
    (folder / "config").write_text(text)
    program = shutil.which(command[0], path=os.environ["PATH"] + ":/usr/sbin")
    assert program, f"{proxy} is not installed: .ci/machine installs it"
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "written").open("wb") as written:
        process = subprocess.Popen([program, *command[1:]], env=environment, stdout=written, stderr=written, cwd=folder)
    try:
        listens(port)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def written(folder: Path) -> bytes:
    """Return everything that a proxy wrote, except its configuration and certificate."""
    ours = {"config", "cert.pem", "key.pem", "both.pem"}
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name not in ours)


def certificate(folder: Path) -> None:
    """Write a self-signed certificate."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    cert = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    for file, content in (("cert.pem", cert), ("key.pem", secret), ("both.pem", cert + secret)):
        (folder / file).write_bytes(content)

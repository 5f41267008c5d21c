"""A real store with its own form, logo and signed settings is equal to the release, behind nginx and through an HTTP proxy."""

import os
import select
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crypto.digits import plain
from intake.cli.main import app as commands
from tests.support import proxies
from tests.support.forked_server import started
from tests.support.form_files import HEAD, WORDS
from tests.support.processes import free_port
from tests.support.services import Talk, listening
from tests.support.terminal import PASSPHRASE, Terminal, enrol

HOME = f"https://{proxies.NAME}"


def test_a_real_store_with_its_own_form_is_equal_behind_nginx_and_a_tunnel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "form.toml").write_text(HEAD + WORDS)
    signed, port = tmp_path / "signed.json", free_port()
    values = {
        "INTAKE_DATA": f"{tmp_path}/var", "INTAKE_KEY_STORE": f"{tmp_path}/key-store", "INTAKE_PORT": str(port),
        "INTAKE_FORMS": f"{tmp_path}/form.toml", "INTAKE_LOGO": f"{tmp_path}/logo.svg", "INTAKE_ORIGIN": HOME,
        "INTAKE_PROXIES": "127.0.0.1/32", "INTAKE_SIGNED_SETTINGS": str(signed),
    }  # fmt: skip
    with ExitStack() as stack:
        _, link = stack.enter_context(started({**os.environ, **values}))
        tls = stack.enter_context(proxies.started("nginx", tmp_path / "nginx", port))
        monkeypatch.setenv("SSL_CERT_FILE", f"{tmp_path}/nginx/cert.pem")
        tunnel = stack.enter_context(listening(_tunnel_to(tls)))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{tunnel.port}")
        digits = plain(enrol(link, PASSPHRASE, "sam").splitlines()[1])
        signed.write_text(Terminal(HOME, "sam", PASSPHRASE)("site", "sign", "--yes"))
        arguments = ["site", "verify", HOME, "--fingerprint", digits, "--proxy", f"http://127.0.0.1:{tunnel.port}"]
        result = CliRunner().invoke(commands, arguments)
        assert result.exit_code == 0, result.output
        assert "A coordinator signed the settings" in result.output
        assert tunnel.received[0].startswith(f"CONNECT {proxies.NAME}:443 ".encode())


def _tunnel_to(port: int) -> Talk:
    """Connect every client to this port, as an HTTP proxy does that resolves names itself, such as Tor's."""

    def talk(connection: socket.socket, keep: Callable[[bytes], None]) -> None:
        keep(connection.recv(65536))
        with socket.create_connection(("127.0.0.1", port)) as target:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                for source in select.select([connection, target], [], [])[0]:
                    if not (data := source.recv(65536)):
                        return
                    (target if source is connection else connection).sendall(data)

    return talk

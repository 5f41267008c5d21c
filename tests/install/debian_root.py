"""Install by each way of the documents in a fresh Debian, and use it: `make install-check`. Needs root and debootstrap.

Each way gets a copy of one Debian, in namespaces of its own. There the service takes a sealed request behind nginx over TLS,
and a coordinator reads it. One way does the same behind Caddy and behind HAProxy. A backup is restored in another copy. A store
of an earlier commit is upgraded. Neither Docker nor systemd runs there, so nothing here checks the units. DEBIAN_ROOT names a
folder that keeps the Debian for the next run.
"""

import asyncio
import contextlib
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support import proxies, requester
from tests.support.packaging import BIN, ROOT, built, copied
from tests.support.proxies import NAME

PACKAGES = "ca-certificates,nginx-light,caddy,haproxy,adduser,python3-venv,pipx,git,make,curl,procps,cron"
PLAIN = "ca-certificates,nginx-light,procps"  # for the Debian package, which brings the rest itself
KEPT = Path(os.environ.get("DEBIAN_ROOT", "/var/cache/sealed-intake"))
PASSPHRASE = "plum trellis anchor 94 quiet"
DATA, KEYS, SITE = "/var/lib/sealed-intake", "/var/lib/sealed-intake-keys", "/etc/sealed-intake"
ACCOUNT = f"""
adduser --quiet --system --group --home {DATA} --no-create-home intake
install -d -m 0700 -o intake -g intake {DATA} {KEYS} /var/backups/sealed-intake
install -d -m 0750 -o root -g intake {SITE}
"""
WORDS = "a warm coat, size 44"
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "COLUMNS": "200",
    "DEBIAN_FRONTEND": "noninteractive", "INTAKE_CONFIG": f"{SITE}/intake.toml",
    "PIP_CERT": "/etc/ssl/certs/ca-certificates.crt", "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
    "NODE_EXTRA_CA_CERTS": "/etc/ssl/certs/ca-certificates.crt",
}  # fmt: skip
INIT = (
    f"init {SITE}/intake.toml --group-name Riverside --origin https://{NAME} --proxies 127.0.0.1/32 --phone '' "
    f"--danger-phone '' --answer-days 3 --colour '#14532d' --data {DATA} --key-store {KEYS}"
)
# Mounts are private to the namespace, and end with it as its processes do.
ENTER = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && { ip link set lo up; exec chroot "$0" sleep infinity; }'


class Machine:
    """A Debian in a folder, with namespaces for its processes. With `network`, it shares the network of this machine."""

    def __init__(self, root: Path, *, network: bool) -> None:
        self.root = root
        apart = ["--mount", "--pid", "--uts", "--ipc", *([] if network else ["--net"])]
        self._holder = subprocess.Popen(["unshare", *apart, "--fork", "--kill-child", "sh", "-c", ENTER, str(root)], cwd="/")
        children = Path(f"/proc/{self._holder.pid}/task/{self._holder.pid}/children")
        while not (found := children.read_text().split()):
            time.sleep(0.05)
        self._pid = found[0]
        while Path(f"/proc/{self._pid}/root").resolve() != root.resolve():
            time.sleep(0.05)
        spaces = ["--mount", "--pid", "--uts", "--ipc", *([] if network else ["--net"])]
        self._inside = ["nsenter", "--target", self._pid, *spaces, "--root", "--wd", "/bin/bash", "-euo", "pipefail", "-c"]

    def run(self, script: str, **environment: str) -> str:
        """Run a script as root; return what it printed."""
        done = subprocess.run(
            [*self._inside, script], env=ENVIRONMENT | environment, capture_output=True, text=True, check=False, timeout=1800
        )
        if done.returncode:
            raise RuntimeError(f"failed ({done.returncode}): {script}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    @contextlib.contextmanager
    def serving(self, program: str) -> Iterator[str]:
        """Run the server with the account of the service, and yield its founding link, or its address if it has a group."""
        command = [*self._inside, f"exec runuser -u intake -- {program} run"]
        with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    if "/desk/enrol/#" in line or "serving" in line:
                        yield line.strip()
                        break
                else:
                    raise RuntimeError("the server did not start")
            finally:
                self.run("pkill -INT -u intake -f ' run$' || true")

    def visit(self, certificate: Path) -> None:
        """Send a sealed request through the proxy, from Python on this machine, in the network of the other."""
        command: list[str | Path] = [
            "nsenter",
            "--target",
            self._pid,
            "--net",
            sys.executable,
            "-m",
            "tests.install.debian_root",
        ]
        subprocess.run([*command, "visit", str(certificate)], cwd=ROOT, check=True)

    def close(self) -> None:
        """End all processes."""
        self._holder.kill()
        self._holder.wait()


def debian(packages: str) -> Path:
    """Return a folder with Debian 12 and these packages. Make it if there is none."""
    root = KEPT / ("plain" if packages == PLAIN else "complete")
    if not root.exists():
        filling = root.with_suffix(".filling")
        shutil.rmtree(filling, ignore_errors=True)
        mirror = os.environ.get("DEBIAN_MIRROR", "").split()  # debootstrap has one of its own
        command: list[str | Path] = ["debootstrap", "--variant=minbase", f"--include={packages}", "bookworm", filling, *mirror]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (filling / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")  # nothing starts while packages are installed
        (filling / "usr/sbin/policy-rc.d").chmod(0o755)
        own = Path("/usr/local/share/ca-certificates")
        shutil.copytree(own, filling / "usr/local/share/ca-certificates", dirs_exist_ok=True)
        subprocess.run(["chroot", filling, "update-ca-certificates"], check=True, capture_output=True)
        filling.rename(root)
    return root


def by_package(machine: Machine, files: dict[str, Path]) -> str:
    """Install the Debian package."""
    shutil.copy(files["deb"], machine.root / "tmp")
    machine.run("apt-get -qq update && apt-get -qq install -y --no-install-recommends /tmp/*.deb")
    return "/usr/lib/sealed-intake/bin/intake"


def by_pip(machine: Machine, files: dict[str, Path]) -> str:
    """Install the wheel into a virtual environment."""
    shutil.copy(files["wheel"], machine.root / "tmp")
    machine.run(f"{ACCOUNT} python3 -m venv /opt/pip && /opt/pip/bin/pip install -q /tmp/*.whl")
    return "/opt/pip/bin/intake"


def by_pipx(machine: Machine, files: dict[str, Path]) -> str:
    """Install the wheel with Debian's pipx."""
    shutil.copy(files["wheel"], machine.root / "tmp")
    machine.run(f"{ACCOUNT} pipx install /tmp/*.whl", PIPX_HOME="/opt/pipx", PIPX_BIN_DIR="/usr/local/bin")
    return "/usr/local/bin/intake"


def by_uv(machine: Machine, files: dict[str, Path]) -> str:
    """Let uvx install and run the wheel at once, as the account of the service."""
    shutil.copy(files["wheel"], machine.root / "tmp")
    machine.run(f"{ACCOUNT} python3 -m venv /opt/uv && /opt/uv/bin/pip install -q uv && install -d -o intake /opt/uv/cache")
    # Commands as root and as the account use one cache, which the network fills.
    run = "UV_CACHE_DIR=/opt/uv/cache UV_OFFLINE=${OFFLINE:-1} exec /opt/uv/bin/uvx -q --from /tmp/*.whl sealed-intake"
    machine.run(f"printf '#!/bin/sh\\n%s \"$@\"\\n' '{run}' > /usr/local/bin/intake && chmod +x /usr/local/bin/intake")
    machine.run("runuser -u intake -- intake --version", OFFLINE="0")
    return "/usr/local/bin/intake"


def by_make(machine: Machine, _: dict[str, Path]) -> str:
    """Clone the repository and run `make setup`, as the guide does."""
    subprocess.run(["git", "clone", "-q", ROOT, machine.root / "opt/sealed-intake"], check=True)
    machine.run(f"{ACCOUNT} make -C /opt/sealed-intake setup")
    return "/opt/sealed-intake/.venv/bin/intake"


BEHIND_ALL = "`pip` and the wheel"  # the way that is tried behind each proxy
WAYS: dict[str, tuple[str, Callable[[Machine, dict[str, Path]], str]]] = {
    "Debian package": (PLAIN, by_package),
    "`make setup`": (PACKAGES, by_make),
    BEHIND_ALL: (PACKAGES, by_pip),
    "`pipx` and the wheel": (PACKAGES, by_pipx),
    "`uvx` and the wheel": (PACKAGES, by_uv),
}


# For each proxy: the file of its configuration, and the commands that check it, start it and stop it without systemd.
PROXIES = {
    "nginx": ("/etc/nginx/sites-enabled/sealed-intake", "nginx -t && nginx", "nginx -s quit"),
    "caddy": ("/etc/caddy/Caddyfile", "cd /etc/caddy && caddy validate && caddy start", "caddy stop"),
    "haproxy": ("/etc/haproxy/haproxy.cfg", "haproxy -c -f {0} && haproxy -D -p /run/proxy -f {0}", "kill $(cat /run/proxy)"),
}


def configure(machine: Machine, program: str, certificate: Path) -> None:
    """Write the settings, and put a certificate that the machine trusts where the guide has it."""
    machine.run(f"{program} {INIT} && chown root:intake {SITE}/intake.toml && echo 127.0.0.1 localhost {NAME} >> /etc/hosts")
    shutil.copy(certificate / "cert.pem", machine.root / "usr/local/share/ca-certificates/help.crt")
    machine.run("update-ca-certificates")
    live = machine.root / f"etc/letsencrypt/live/{NAME}"
    live.mkdir(parents=True)
    shutil.copy(certificate / "cert.pem", live / "fullchain.pem")
    shutil.copy(certificate / "key.pem", live / "privkey.pem")
    machine.run("rm -f /etc/nginx/sites-enabled/default")
    if (machine.root / "etc/haproxy").is_dir():
        shutil.copy(certificate / "both.pem", machine.root / f"etc/haproxy/{NAME}.pem")


@contextlib.contextmanager
def behind(proxy: str, machine: Machine, program: str) -> Iterator[None]:
    """Run a proxy as `intake setup` configures it. Caddy reaches no certificate authority here, and gets a certificate."""
    target, start, stop = PROXIES[proxy]
    machine.run(f"{program} setup {proxy} > {target}")
    if proxy == "caddy":
        live = f"/etc/letsencrypt/live/{NAME}"
        file = machine.root / target[1:]
        site = f"{NAME} {{\n"
        file.write_text(proxies.replaced(file.read_text(), (site, f"{site}\ttls {live}/fullchain.pem {live}/privkey.pem\n")))
    machine.run(f"( {start.format(target)} ) > /tmp/{proxy} 2>&1 < /dev/null || {{ cat /tmp/{proxy}; false; }}")
    try:
        yield
    finally:
        machine.run(f"{stop} > /dev/null 2>&1; sleep 1")


def use(machine: Machine, program: str, certificate: Path, others: tuple[str, ...]) -> Iterator[str]:
    """Serve behind nginx, found the group, take a request and read it. Do the last two behind other proxies; yield each one."""
    sent = 0
    with machine.serving(program) as link:
        for proxy in ("nginx", *others):
            with behind(proxy, machine, program):
                if proxy == "nginx":
                    machine.run(f"echo '{PASSPHRASE}' | {program} enrol '{link}' --handle sam --passphrase-file -")
                machine.visit(certificate)
                sent += 1
                read(machine, program, sent)
            yield proxy


def read(machine: Machine, program: str, requests: int) -> None:
    """Let the coordinator read this many requests."""
    sign_in = f"--server https://{NAME} --handle sam --passphrase-file -"
    assert machine.run(f"echo '{PASSPHRASE}' | {program} case list {sign_in}").count(WORDS) == requests


def back_up_and_restore(machine: Machine, other: Machine, program: str, requests: int) -> None:
    """Restore a backup in another Debian, with the deletion keys and the server's own secret, and read the requests there."""
    account = f"runuser -u intake -- {program}"
    folder = "/var/backups/sealed-intake"
    machine.run(f"{account} backup {folder}/b.age --to $({account} backup --new-key {folder}/key.txt | tail -1)")
    for path in (folder, KEYS):
        shutil.copytree(machine.root / path[1:], other.root / path[1:], dirs_exist_ok=True)
    shutil.copy(machine.root / f"{DATA[1:]}/server.key", other.root / DATA[1:])
    other.run(f"chown -R intake:intake {DATA} {KEYS} {folder}")
    other.run(f"{account} restore {folder}/b.age --identity {folder}/key.txt")
    with other.serving(program), behind("nginx", other, program):
        read(other, program, requests)


def upgrade(machine: Machine, program: str, earlier: Path) -> None:
    """Upgrade a store that an earlier commit made, and serve it."""
    for source, target in (("var", DATA), ("key-store", KEYS)):
        folder = machine.root / target[1:]
        shutil.rmtree(folder)
        shutil.copytree(earlier / source, folder)
        folder.chmod(0o700)
    machine.run(f"chown -R intake:intake {DATA} {KEYS}")
    machine.run(f"runuser -u intake -- {program} upgrade")
    with machine.serving(program):
        assert "members" in machine.run(f"runuser -u intake -- {program} status")


async def visit(certificate: Path) -> None:
    """Seal a request as a browser does, and send it to the proxy, whose certificate is checked."""
    import httpx2 as httpx

    async def name(request: httpx.Request) -> None:
        request.extensions["sni_hostname"] = NAME

    options: dict[str, Any] = {"verify": ssl.create_default_context(cafile=str(certificate / "cert.pem")), "timeout": 60}
    async with httpx.AsyncClient(base_url="https://127.0.0.1", headers={"host": NAME}, **options) as client:
        client.event_hooks = {"request": [name]}
        from intake.service.service import utc_now

        sealed = await requester.seal(client, WORDS, utc_now().date())
        answer = await requester.submit(client, sealed.body)
        assert answer.status_code == 201, answer.text


def main() -> int:
    """Try the ways that are named, or all. Print a table."""
    if sys.argv[1:2] == ["visit"]:
        asyncio.run(visit(Path(sys.argv[2])))
        return 0
    from tests.upgrade import conftest, old_code

    rows, failed = [], False
    with tempfile.TemporaryDirectory(dir=KEPT if KEPT.is_dir() else None) as temporary:
        folder = Path(temporary)
        [wheel] = built(copied(folder / "source"), folder / "wheel", "--wheel")
        deb: list[str | Path] = [BIN / "python", ROOT / ".ci" / "deb", wheel, "--out", folder / "deb"]
        subprocess.run(deb, check=True, capture_output=True)
        files = {"wheel": wheel, "deb": next((folder / "deb").iterdir())}
        (folder / "certificate").mkdir()
        proxies.certificate(folder / "certificate")
        (folder / "code").mkdir()
        (folder / "earlier").mkdir()
        old_code.extract(folder / "code")
        old_code.make_store(folder / "code", conftest.settings_of(folder / "earlier"), folder / "earlier")
        for way in [name for name in WAYS if not sys.argv[1:] or any(word in name.lower() for word in sys.argv[1:])]:
            begun, reached = time.monotonic(), []
            try:
                for step in tried(way, folder, files):
                    reached.append(step)
                outcome = "all" + (", also behind Caddy and HAProxy" if way == BEHIND_ALL else "")
            except (RuntimeError, AssertionError, subprocess.SubprocessError) as error:
                sys.stderr.write(f"{way}: after {reached}: {error}\n")
                failed, outcome = True, f"FAILED after: {', '.join(reached) or 'nothing'}"
            rows.append(f"| {way} | {outcome} | {time.monotonic() - begun:.0f} s |")
            print(rows[-1], flush=True)
    return 1 if failed else 0


def tried(way: str, folder: Path, files: dict[str, Path]) -> Iterator[str]:
    """Try one way, and yield the name of each step that worked."""
    packages, install = WAYS[way]
    with contextlib.ExitStack() as stack:
        machines = {}
        for name in ("first", "other", "upgraded"):
            root = folder / f"debian-{name}"
            if name == "first":
                subprocess.run(["cp", "-a", "--reflink=auto", debian(packages), root], check=True)
                shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
                connected = Machine(root, network=True)
                try:
                    program = install(connected, files)
                finally:
                    connected.close()
                yield "installed"
            else:
                subprocess.run(["cp", "-a", "--reflink=auto", folder / "debian-pristine", root], check=True)
            if name == "first":
                subprocess.run(["cp", "-a", "--reflink=auto", root, folder / "debian-pristine"], check=True)
                stack.callback(shutil.rmtree, folder / "debian-pristine", ignore_errors=True)
            stack.callback(shutil.rmtree, root, ignore_errors=True)
            machines[name] = Machine(root, network=False)
            stack.callback(machines[name].close)
        for machine in machines.values():
            configure(machine, program, folder / "certificate")
        requests = 0
        for proxy in use(machines["first"], program, folder / "certificate", ("caddy", "haproxy") if way == BEHIND_ALL else ()):
            requests += 1
            yield f"sealed request behind {proxy} over TLS"
        back_up_and_restore(machines["first"], machines["other"], program, requests)
        yield "restored in another Debian"
        upgrade(machines["upgraded"], program, folder / "earlier")
        yield "earlier store upgraded"


if __name__ == "__main__":
    sys.exit(main())

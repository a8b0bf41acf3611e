"""The unix socket's directory: for one account alone, and short enough for the kernel."""

import hashlib
import os
import socket
import struct
from pathlib import Path

from bigcat_graphql.database.embedded.account import EmbeddedRefused, ServiceAccount
from bigcat_graphql.database.embedded.cluster import SUPERUSER

# Names the socket file; nothing listens on TCP.
PORT = 5432
# sockaddr_un holds 104 bytes on macOS and 108 on Linux, with a closing zero.
_LONGEST_PATH = 103
_PROTOCOL_3 = 3 << 16
_ANSWER_SECONDS = 5


def make_socket_directory(root: Path, account: ServiceAccount) -> Path:
    """Make the directory, in the data directory or, where that path is too long, in /tmp.

    Raises:
        EmbeddedRefused: somebody else has made the one in /tmp.
    """
    directory = root / "socket"
    if len(os.fsencode(socket_file(directory))) > _LONGEST_PATH:
        digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
        directory = Path(os.sep, "tmp", f"bigcat-{os.geteuid()}-{digest}")
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if directory.is_symlink() or found.st_uid not in (os.geteuid(), account.uid):
        raise EmbeddedRefused(f"{directory} belongs to somebody else: remove it")
    directory.chmod(0o700)
    account.own(directory)
    return directory


def socket_file(directory: Path) -> Path:
    """Name the socket in its directory, as PostgreSQL does."""
    return directory / f".s.PGSQL.{PORT}"


def answers(directory: Path) -> bool:
    """Tell whether a server takes sessions there: not one that starts, recovers or stops."""
    login = b"".join(b"%s\0" % word for word in (b"user", SUPERUSER.encode(), b"database"))
    login += b"postgres\0\0"
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(_ANSWER_SECONDS)
        try:
            line.connect(str(socket_file(directory)))
            line.sendall(struct.pack("!ii", len(login) + 8, _PROTOCOL_3) + login)
            # "R" asks for (or here waives) a password, "E" is an error such as "starting up".
            answer = line.recv(1)
            line.sendall(b"X\0\0\0\4")
        except OSError:
            return False
    return answer == b"R"

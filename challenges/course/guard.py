"""No notebook and no test speaks to anyone but this machine.

`install()` wraps the socket calls that can leave it; loopback and Unix sockets pass.
"""

import ipaddress
import socket

_installed = False


class NetworkCut(OSError):
    """Something tried to leave the machine."""


def is_local(address: object) -> bool:
    """True for a loopback address, a Unix socket path and the wildcard one binds to."""
    if not isinstance(address, tuple):
        return True  # AF_UNIX paths, netlink
    host = address[0]
    if host in ("", "localhost", None) or host == socket.gethostname():
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(address: object) -> None:
    raise NetworkCut(f"the network is cut here: {address!r} is not loopback (run with NETWORK=open to allow it)")


def install() -> None:
    """Cut the network for this process; a second call changes nothing."""
    global _installed
    if _installed:
        return
    _installed = True

    def guarded(name: str, position: int) -> None:
        original = getattr(socket.socket, name)

        def call(self: socket.socket, *arguments: object) -> object:
            address = arguments[position]
            if self.family in (socket.AF_INET, socket.AF_INET6) and not is_local(address):
                _refuse(address)
            return original(self, *arguments)

        setattr(socket.socket, name, call)

    for name, position in (("connect", 0), ("connect_ex", 0), ("sendto", -1)):
        guarded(name, position)

    resolve = socket.getaddrinfo

    def getaddrinfo(host: object, *arguments: object, **options: object) -> object:
        name = host.decode() if isinstance(host, bytes) else host
        if not is_local((name,)):
            _refuse(name)
        return resolve(host, *arguments, **options)  # type: ignore[arg-type]

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]

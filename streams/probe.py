"""Whether anything listens at an address, found in a moment: clients with retries take long to give up."""

import socket

PROBE_SECONDS = 2.0


def listens(host: str, port: int) -> bool:
    """Tell whether a TCP connection can be made."""
    try:
        socket.create_connection((host, port), PROBE_SECONDS).close()
    except OSError:
        return False
    return True


def any_listens(bootstrap: str) -> bool:
    """Tell whether one of `host:port,host:port` can be connected to."""
    pairs = (address.strip().rpartition(":") for address in bootstrap.split(","))
    return any(listens(host, int(port)) for host, _, port in pairs if port.isdecimal())

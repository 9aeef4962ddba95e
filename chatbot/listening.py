"""The address that a server listens on: taken before it serves, judged by its name, and how to write it."""

from __future__ import annotations

import ipaddress
import socket

from chatbot.errors import SettingsError

_WAITING = 512


def private(host: str) -> bool:
    """Only this machine reaches what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address(host: str, port: int) -> str:
    """Where it can be asked."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0: any that is free. Raises SettingsError."""
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(_WAITING)
    except (OSError, OverflowError) as error:
        found.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError(
            f"{host}:{port} can't be listened on ({reason}). Choose another with --port or --host; "
            "--port 0 takes one that is free."
        ) from error
    return found

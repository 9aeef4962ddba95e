"""Addresses of endpoints, as text: is it one, is it on this machine, how to show it. Never connects."""

from __future__ import annotations

from urllib.parse import urlsplit

from store.addresses import is_loopback, shown

__all__ = ["is_endpoint", "is_loopback", "root", "shown"]


def is_endpoint(url: str) -> bool:
    """`url` is an http or https address with a host and, if any, a possible port."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def root(url: str) -> str:
    """The address of the server itself: "http://127.0.0.1:8080/v1" -> "http://127.0.0.1:8080"."""
    return url.rstrip("/").removesuffix("/v1")

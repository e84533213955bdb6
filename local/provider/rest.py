"""A thin client of the Kubernetes API: keep-alive connections, JSON in and out, discovery on demand, watches."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

from local.provider.credentials import Credentials
from local.provider.errors import ApiError, CancelledError, NoSuchKindError, UnreachableError
from local.provider.kubeconfig import Access
from local.provider.urns import Kind
from local.provider.wire import Object

_CONNECTIONS = 64
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 60.0
# Pauses while the server is too busy (429).
_BUSY_SECONDS = (0.5, 1.0, 2.0, 4.0, 0.0)
APPLY = "application/apply-patch+yaml"
# Such as: 299 - "policy/v1beta1 PodSecurityPolicy is deprecated"
_WARNING = re.compile(r'^\d+ \S+ "(.*)".*$')
JSON_PATCH = "application/json-patch+json"


@dataclass(frozen=True)
class Resource:
    """Where objects of a kind live."""

    kind: Kind
    plural: str
    namespaced: bool

    def path(self, namespace: str = "", name: str = "") -> str:
        """The URL path of a collection, or of one object."""
        parts = ["apis", self.kind.group, self.kind.version] if self.kind.group else ["api", self.kind.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name:
            parts.append(name)
        return "/" + "/".join(parts)


class Client:
    """One cluster's API server. Safe to use from several threads."""

    def __init__(self, access: Access) -> None:
        self._server = str(access.cluster.get("server") or "").rstrip("/")
        if not self._server:
            raise UnreachableError("kubeconfig names no server")
        self._credentials = Credentials(access)
        options: dict[str, Any] = {
            "maxsize": _CONNECTIONS,
            "timeout": urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
            "retries": False,
        }
        if self._server.startswith("https"):
            options["ssl_context"] = self._credentials.ssl_context()
            if access.cluster.get("insecure-skip-tls-verify"):
                options["assert_hostname"] = False
                # The kubeconfig says so; a warning a request wouldn't change that.
                urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        if name := access.cluster.get("tls-server-name"):
            options["server_hostname"] = name
            options["assert_hostname"] = name
        if proxy := access.cluster.get("proxy-url"):
            self._pool: Any = urllib3.ProxyManager(proxy, **options)
        else:
            self._pool = urllib3.PoolManager(**options)
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], dict[str, Resource]] = {}
        self._streams: set[Any] = set()
        self.cancelled = threading.Event()

    # Requests

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        warn: Callable[[str], None] | None = None,
    ) -> Any:
        """Send a request and return the decoded answer; `warn` gets the warnings that come with it.

        Raises:
            ApiError: The server refused.
            UnreachableError: No server answered.
        """
        for pause in _BUSY_SECONDS:
            answer = self._send(method, path, query, body, content_type)
            if answer.status != 429 or self.cancelled.wait(pause):
                break
        if warn is not None and answer.status < 400:
            for text in answer.headers.getlist("Warning"):
                warn(_WARNING.sub(r"\1", text))
        return _decoded(answer.status, answer.data)

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        **options: Any,
    ) -> Any:
        headers = {"Accept": "application/json", "User-Agent": "mlplatform-provider"}
        if authorization := self._credentials.header():
            headers["Authorization"] = authorization
        data = None
        if body is not None:
            headers["Content-Type"] = content_type
            data = json.dumps(body, separators=(",", ":")).encode()
        url = self._server + path + ("?" + urlencode(query) if query else "")
        # A kept-alive connection may have been closed meanwhile. All but POST can be sent twice without harm.
        for attempt in (1, 2):
            try:
                return self._pool.request(method, url, body=data, headers=headers, redirect=False, **options)
            except urllib3.exceptions.ProtocolError as error:
                if attempt == 2 or method == "POST":
                    raise UnreachableError(f"the API server {self._server} broke the connection: {error}") from None
            except urllib3.exceptions.HTTPError as error:
                raise UnreachableError(f"the API server {self._server} doesn't answer: {_short(error)}") from None
        raise AssertionError("unreachable")

    def text(self, path: str, query: Mapping[str, str]) -> str:
        """A plain-text answer, such as a container's log."""
        answer = self._send("GET", path, query)
        if answer.status >= 400:
            _decoded(answer.status, answer.data)
        return bytes(answer.data).decode(errors="replace")

    def watch(self, path: str, query: Mapping[str, str], seconds: float) -> Iterator[tuple[str, Object]]:
        """Events (type, object) from a collection until the server ends the watch after so many seconds.

        Raises:
            CancelledError: `cancel` was called.
            ApiError: The server refused, or sent an error event (410: list again).
        """
        query = {**query, "watch": "1", "timeoutSeconds": str(max(1, round(seconds)))}
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=seconds + 10)
        answer = self._send("GET", path, query, preload_content=False, timeout=timeout)
        if answer.status >= 400:
            _decoded(answer.status, answer.read())
        with self._lock:
            self._streams.add(answer)
        try:
            rest = b""
            for chunk in answer.stream(None):
                lines = (rest + chunk).split(b"\n")
                rest = lines.pop()
                for line in filter(None, lines):
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise ApiError(int(event["object"].get("code") or 500), event["object"])
                    yield event["type"], event["object"]
        except (urllib3.exceptions.HTTPError, OSError):
            if self.cancelled.is_set():
                raise CancelledError from None
            # The connection broke or stayed silent: the caller looks again.
        finally:
            with self._lock:
                self._streams.discard(answer)
            answer.close()
        if self.cancelled.is_set():
            raise CancelledError

    def cancel(self) -> None:
        """End all watches at once and let no new ones run."""
        self.cancelled.set()
        with self._lock:
            streams = list(self._streams)
        for answer in streams:
            connection = getattr(answer, "connection", None) or getattr(answer, "_connection", None)
            if connection is not None and connection.sock is not None:
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    # Discovery

    def resource(self, kind: Kind) -> Resource:
        """Where objects of a kind live.

        Raises:
            NoSuchKindError: The server doesn't know it.
        """
        known = self._known.get((kind.group, kind.version))
        if known is None or kind.kind not in known:
            known = self._discover(kind)
        if kind.kind not in known:
            raise NoSuchKindError(kind.api_version, kind.kind)
        return known[kind.kind]

    def _discover(self, kind: Kind) -> dict[str, Resource]:
        path = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
        try:
            listed = self.request("GET", path)
        except ApiError as error:
            if error.not_found:
                raise NoSuchKindError(kind.api_version, kind.kind) from None
            raise
        found = {
            item["kind"]: Resource(Kind(kind.group, kind.version, item["kind"]), item["name"], bool(item["namespaced"]))
            for item in listed.get("resources") or []
            if "/" not in item["name"]
        }
        with self._lock:
            self._known[(kind.group, kind.version)] = found
        return found


def _decoded(status: int, data: bytes) -> Any:
    try:
        body = json.loads(data) if data else {}
    except ValueError:
        body = {}
        if status < 400:
            raise ApiError(status, {}, f"the API server's answer isn't JSON: {data[:200]!r}") from None
    if status >= 400:
        raise ApiError(status, body if isinstance(body, dict) else {}, data[:300].decode(errors="replace").strip())
    return body


def _short(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason).rpartition(": ")[2] or type(error).__name__

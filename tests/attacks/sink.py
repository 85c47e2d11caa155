"""What an attacker would listen on: TCP and UDP on one port, where every connection and datagram is noted."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator

_ANSWER = (
    b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Type: text/javascript\r\n"
    b"Content-Length: 2\r\nConnection: close\r\n\r\n1;"
)


class Sink:
    """An open port on this computer; ``heard`` has the first bytes of everything that came."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        heard = self.heard

        class Stream(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.settimeout(2)
                place = len(heard)
                heard.append("a connection")  # counts before, and without, any byte
                with contextlib.suppress(OSError):
                    heard[place] = self.request.recv(4096).decode("latin-1").split("\r\n")[0] or "a connection"
                    self.request.sendall(_ANSWER)

        class Datagram(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                heard.append(f"a datagram of {len(self.request[0])} bytes")

        self._tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Stream)
        self._tcp.daemon_threads = True
        self.port = self._tcp.server_address[1]
        self._udp = socketserver.UDPServer(("127.0.0.1", self.port), Datagram)
        self._threads = [threading.Thread(target=one.serve_forever, daemon=True) for one in (self._tcp, self._udp)]

    def open(self) -> None:
        """Begin to listen."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Listen no more."""
        for server in (self._tcp, self._udp):
            server.shutdown()
            server.server_close()


@contextlib.contextmanager
def listening() -> Iterator[Sink]:
    """Yield a sink that listens."""
    sink = Sink()
    sink.open()
    try:
        yield sink
    finally:
        sink.close()

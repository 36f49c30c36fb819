"""The network is cut in this very process; loopback is not."""

import socket
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from challenges.course.guard import NetworkCut, is_local


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80, 0, 0)])
@pytest.mark.parametrize("name", ["connect", "connect_ex"])
def test_connections_to_others_are_refused(address, name):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as s, pytest.raises(NetworkCut, match=r"is not loopback \(run with NETWORK=open"):
        getattr(s, name)(address)


def test_datagrams_to_others_are_refused():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s, pytest.raises(NetworkCut):
        s.sendto(b"x", ("192.0.2.1", 53))


def test_names_of_others_are_not_even_looked_up():
    with pytest.raises(NetworkCut, match=r"example\.com"):
        socket.getaddrinfo("example.com", 80)
    with pytest.raises(urllib.error.URLError, match="the network is cut here"):
        urllib.request.urlopen("http://example.com", timeout=1)


def test_loopback_works():
    class Hello(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Hello) as server:
        Thread(target=server.handle_request).start()
        assert urllib.request.urlopen(f"http://localhost:{server.server_port}", timeout=5).read() == b"hello"


@pytest.mark.parametrize(
    ("address", "local"),
    [
        (("127.0.0.1", 1), True),
        (("127.9.9.9", 1), True),
        (("::1", 1, 0, 0), True),
        (("localhost", 1), True),
        (("", 1), True),
        ("a-unix-socket", True),
        (("10.0.0.1", 1), False),
        (("169.254.169.254", 80), False),
        (("127.0.0.1.example.com", 1), False),
    ],
)
def test_what_is_local(address, local):
    assert is_local(address) is local

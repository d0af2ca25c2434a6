"""A machine without weights, and a server that has what a test gives it."""

import http.server
import threading

import pytest


@pytest.fixture
def clean(tmp_path, monkeypatch):
    """An empty cache and no folder of weights."""
    monkeypatch.delenv("TFVIS_WEIGHTS_DIR", raising=False)
    monkeypatch.setenv("TFVIS_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def server():
    """A server on this machine; its `answers` map paths to (status, announced size, body)."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, size, body = self.server.answers[self.path]
            self.send_response(status)
            self.send_header("Content-Length", str(size))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers = {}
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()

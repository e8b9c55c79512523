"""The web application of these images: answers with its environment and what it runs as, on the loopback address alone."""
import getpass
import http.server
import json
import os
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answer = {"path": self.path, "user": getpass.getuser(), "cwd": os.getcwd(), "environment": dict(os.environ)}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


port = int(sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
print(f"listening on port {port}", flush=True)
server.serve_forever()

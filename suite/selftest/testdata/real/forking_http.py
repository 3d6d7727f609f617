"""The web server of Python's standard library, with a process for each client."""
import functools
import http.server
import socketserver
import sys


class Server(socketserver.ForkingMixIn, http.server.HTTPServer):
    pass


handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[2])
Server(("127.0.0.1", int(sys.argv[1])), handler).serve_forever()

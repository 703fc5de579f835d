"""Serves the pair of a directory over TLS on a free port of 127.0.0.1 until standard input ends."""

import socket
import ssl
import sys
import threading

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/tls.crt", sys.argv[1] + "/tls.key")
listener = socket.create_server(("127.0.0.1", 0))


def answer(stream):
    try:
        with context.wrap_socket(stream, server_side=True) as connection:
            connection.settimeout(5)
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 204 No Content\r\n\r\n")
    except OSError:
        pass  # The client refused, which is what it is asked about.


def serve():
    while True:
        stream, _ = listener.accept()
        stream.settimeout(5)
        threading.Thread(target=answer, args=(stream,), daemon=True).start()


threading.Thread(target=serve, daemon=True).start()
print(listener.getsockname()[1], flush=True)
sys.stdin.read()

"""Serves the pair of each given directory over TLS, each on a port that the kernel chooses and that is
in the file `port` of the directory, until standard input ends."""
import socket
import ssl
import sys
import threading

ANSWER = (b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n"
          b"Connection: close\r\n\r\n<p>accepted</p>")


def answer(stream, context):
    try:
        with context.wrap_socket(stream, server_side=True) as connection:
            connection.recv(4096)
            connection.sendall(ANSWER)
    except OSError:
        pass  # The client refused, which is what it is asked about.


def serve(listener, context):
    while True:
        stream, _ = listener.accept()
        stream.settimeout(10)
        threading.Thread(target=answer, args=(stream, context), daemon=True).start()


for directory in sys.argv[1:]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.set_ciphers("DEFAULT:@SECLEVEL=0")  # The client is to refuse a weak key.
    tls.load_cert_chain(f"{directory}/tls.crt", f"{directory}/tls.key")
    ready = socket.create_server(("127.0.0.1", 0), backlog=64)
    threading.Thread(target=serve, args=(ready, tls), daemon=True).start()
    if open(f"{directory}/hostname", encoding="ascii").read().strip() == "::1":
        # Browsers dial the address itself.
        also = socket.create_server(("::1", ready.getsockname()[1]), family=socket.AF_INET6, backlog=64)
        threading.Thread(target=serve, args=(also, tls), daemon=True).start()
    with open(f"{directory}/port", "w", encoding="ascii") as file:
        file.write(str(ready.getsockname()[1]))
print("ready", flush=True)
sys.stdin.read()

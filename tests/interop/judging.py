"""What judges that start a server of their own share."""
import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time


def program(*names):
    """The path of a program under one of its names; without any, the judge is missing."""
    search = os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"
    for name in names:
        if found := shutil.which(name, path=search):
            return found
    sys.exit(print("missing", names[0]))


def in_url(hostname):
    return f"[{hostname}]" if ":" in hostname else hostname


def words_of_envoy(log):
    """What Envoy's log says, with its refusals as `verify` quotes them: without the functions between."""
    log = re.sub(r"verify cert failed: X509_verify_cert: .* at depth \d+", "CERTIFICATE_VERIFY_FAILED", log)
    return log.replace("verify cert failed: SAN", "CERTIFICATE_VERIFY_FAILED: verify cert failed: SAN")


def free_port():
    """A port that was free a moment ago, for programs that can neither choose nor inherit one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def directory():
    path = tempfile.mkdtemp(dir=os.environ.get("WORK"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(command, **options):
    """A process, ended by its id; what it writes is in its `said`, a list of lines."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace", **options)
    process.said = []
    reader = threading.Thread(target=lambda: process.said.extend(iter(process.stdout.readline, "")))
    reader.start()
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)


def request(port, ca_file, hostname, pair=None):
    """Asks a web server as a client with Python 3.13's flags: accepted, or refused and why."""
    context = ssl.create_default_context(cafile=ca_file)
    context.verify_flags |= 0x20 | 0x80000
    if pair:
        context.load_cert_chain(*pair)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as stream:
            with context.wrap_socket(stream, server_hostname=hostname) as connection:
                connection.sendall(f"GET / HTTP/1.0\r\nHost: {in_url(hostname)}\r\n\r\n".encode())
                answer = connection.recv(4096).decode(errors="replace")
    except OSError as error:
        return f"refused {error}"
    status = answer.split("\r\n")[0]
    return "accepted" if re.match(r"HTTP/1\.\d 20\d", status) else f"refused {status or 'no answer'}"


def port_of(process, pattern):
    """The port that a server says it has, in a line that the pattern matches."""
    until = time.time() + 30
    while time.time() < until:
        for line in process.said:
            if found := re.search(pattern, line):
                return int(found[1])
        if process.poll() is not None:
            sys.exit(print("refused", " ".join(" ".join(process.said).split())))
        time.sleep(0.02)
    sys.exit(print("refused no start"))


def certificates(shape):
    """The PEM blocks of the certificates of a shape, each once."""
    texts = [open(f"{shape}/{name}", encoding="ascii").read() for name in ("tls.crt", "ca.crt")]
    return list(dict.fromkeys(re.findall("-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n", "".join(texts))))


if __name__ == "__main__":
    # PORT CA_FILE HOSTNAME [CERT_FILE KEY_FILE]
    print(request(int(sys.argv[1]), *sys.argv[2:4], sys.argv[4:]))

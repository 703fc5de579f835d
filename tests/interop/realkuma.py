"""What the questions to real Kuma share. Each runs in a network of its own, of loopback alone: Kuma's
ports are free there, and nobody outside reaches a control plane."""
import base64
import contextlib
import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from judging import words_of_envoy

BIN = os.environ.get("KUMA", "")
# Everything that would listen elsewhere, go to the Internet or ask for another program.
QUIET = {"KUMA_MULTIZONE_ZONE_NAME": "zone-1", "KUMA_DP_SERVER_HDS_ENABLED": "false", "KUMA_REPORTS_ENABLED": "false",
         "KUMA_API_SERVER_HTTP_INTERFACE": "127.0.0.1", "KUMA_API_SERVER_HTTPS_INTERFACE": "127.0.0.1",
         "KUMA_INTER_CP_CATALOG_INSTANCE_ADDRESS": "127.0.0.1"}
NO_TOKENS = {"KUMA_DP_SERVER_AUTHN_DP_PROXY_TYPE": "none"}
API, HTTPS_API, DP_SERVER = "http://127.0.0.1:5681", "https://localhost:5682", "https://localhost:5678"




def program(name):
    """The path of a program of Kuma's release; Helm, and Envoy where Kuma's is not given, are the suite's own."""
    if BIN and os.path.exists(f"{BIN}/{name}"):
        return f"{BIN}/{name}"
    if name in ("envoy", "helm") and (found := shutil.which(name)):
        return found
    sys.exit(print(f"missing {name}"))


def isolated(*names):
    """Starts this script again in a network of its own, where the names mean 127.0.0.1."""
    program("kuma-cp")
    if "OWN" not in os.environ:
        os.environ["OWN"] = tempfile.mkdtemp(dir=os.environ["WORK"])
        user = [] if os.getuid() == 0 else ["--map-root-user"]
        probe = ["unshare", *user, "--net", "--mount"]
        if subprocess.run([*probe, "ip", "link", "set", "lo", "up"], capture_output=True).returncode:
            sys.exit(print("missing unshare and ip, and the right to use them"))
        os.execvp("unshare", [*probe, sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    hosts = f"{os.environ['OWN']}/hosts"
    with open(hosts, "w", encoding="ascii") as file:
        file.write("127.0.0.1 localhost\n" + "".join(f"127.0.0.1 {name}\n" for name in names))
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)


@contextlib.contextmanager
def started(command, log, environment=None):
    """A program of Kuma's, ended by its id; what it says goes to the file."""
    home = tempfile.mkdtemp(dir=os.environ["WORK"])
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, env={
            "PATH": os.environ["PATH"], "HOME": home, "TMPDIR": home, **(environment or {})})
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(condition, seconds=45, process=None):
    until = time.time() + seconds
    while time.time() < until and (process is None or process.poll() is None):
        with contextlib.suppress(OSError, ValueError, KeyError, IndexError):
            if condition():
                return True
        time.sleep(0.2)
    return False


@contextlib.contextmanager
def control_plane(log, environment, api=API, config=None):
    """kuma-cp, when its API answers and its mesh is there; nothing if it ended by itself."""
    home = tempfile.mkdtemp(dir=os.environ["WORK"])
    # Its working directory is where it looks for certificates of its own.
    given = {"KUMA_GENERAL_WORK_DIR": home, **QUIET, **environment}
    with started([program("kuma-cp"), "run", *([f"--config-file={config}"] if config else [])], log, given) as process:
        path = "/zones" if given.get("KUMA_MODE") == "global" else "/meshes/default"
        ready = wait_for(lambda: fetch(api + path), process=process)
        yield process if ready else None


def fetch(url, ca=None, pair=None, body=None, headers=None):
    """The decoded answer to a request; an OSError without it."""
    request = urllib.request.Request(url, body, {"accept": "application/json", "content-type": "application/json",
                                                 **(headers or {})})
    context = None
    if url.startswith("https:"):
        context = ssl.create_default_context(cafile=ca)
        if pair:
            context.load_cert_chain(*pair)
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        text = answer.read().decode()
        return json.loads(text) if text.startswith(("{", "[")) else text


def answer(*arguments, **options):
    """`yes`, or why there was no answer."""
    try:
        fetch(*arguments, **options)
        return "yes"
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode(errors='replace')}"
    except OSError as error:
        return str(error)


def is_connected(kind, name):
    """Whether an overview has a subscription that has not ended."""
    with contextlib.suppress(OSError, KeyError, IndexError):
        insight = fetch(f"{API}/{kind}/{name}/_overview")["zoneInsight" if kind == "zones" else "dataplaneInsight"]
        return "disconnectTime" not in insight["subscriptions"][-1]
    return False


def dataplane(name, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"type": "Dataplane", "mesh": "default", "name": name, "networking": {"address": "127.0.0.1",
                   "inbound": [{"port": 20999, "servicePort": 20998, "tags": {"kuma.io/service": "web"}}]}}, file)


@contextlib.contextmanager
def proxy(name, host, *flags, environment=None, log=None):
    """kuma-dp, which starts Envoy."""
    log = log or f"{name}.log"
    dataplane(name, f"{log}.yaml")
    # Without CoreDNS, without the 30 seconds in which it drains connections, and with Envoy's words about TLS.
    command = [program("kuma-dp"), "run", f"--cp-address=https://{host}:5678", f"--dataplane-file={log}.yaml",
               f"--binary-path={program('envoy')}", "--dns-enabled=false", "--drain-time=1s",
               "--envoy-component-log-level=connection:debug", *flags]
    with started(command, log, environment) as process:
        process.log = log
        yield process


def said(process_or_path):
    path = getattr(process_or_path, "log", process_or_path)
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


# What kuma-dp says of a bootstrap that failed, at once or before it asks again, and Envoy of a connection.
REFUSAL = re.compile(r'"err": "((?:[^"\\]|\\.)*)"|^Error: (.*)|'
                     r'(CERTIFICATE_VERIFY_FAILED: [^\n]*|OPENSSL_internal:\w+|authentication failed:[^{\n]*)',
                     re.MULTILINE)


def connects(name, process, seconds=30):
    """`accepted` when the proxy is online, or `refused` with the words of kuma-dp or of Envoy."""
    def refusals():
        words = (next(filter(None, found)) for found in REFUSAL.findall(words_of_envoy(said(process))))
        return [text.replace('\\"', '"').replace("\\n", " ") for text in words]

    def is_online():
        return is_connected("meshes/default/dataplanes", name)

    wait_for(lambda: refusals() or is_online(), seconds, process)
    # An Envoy that was refused asks again for ever, and is never online.
    return f"refused {refusals()[0]}" if refusals() else "accepted" if is_online() else "refused without a word"


def environment_of(path):
    """The variables of a file that `generate environment` wrote."""
    lines = open(path, encoding="utf-8").read().splitlines()
    return dict(shlex.split(line)[0].split("=", 1) for line in lines if line and not line.startswith("#"))


def generate(kumactl, *arguments):
    result = subprocess.run([kumactl, "generate", *arguments], capture_output=True, text=True)
    if result.returncode:
        sys.exit(print(f"WRONG kumactl generate {' '.join(arguments)}: {result.stderr.strip()}"))
    return result.stdout


def version():
    """The version of Kuma, as its programs say it."""
    out = subprocess.run([program("kuma-cp"), "version"], capture_output=True, text=True).stdout
    return re.search(r"\d+\.\d+\.\d+\S*", out)[0]


def report(checks):
    """One line for a question; status 1 if a check failed."""
    failed = [f"{name} ({value})" if isinstance(value, str) else name for name, value in checks.items()
              if value is not True]
    print("WRONG " + "; ".join(failed) if failed else "accepted " + "; ".join(checks))
    sys.exit(bool(failed))


def faults(rendered, ca, service, *patterns):
    """What is wrong with rendered manifests: each caBundle must be the file, each webhook call the Service
    `(namespace, name)`, and each pattern found."""
    if rendered.returncode:
        return rendered.stderr.strip()[:300]
    text, wrong = rendered.stdout, []
    if ca:
        wanted = base64.b64encode(open(ca, "rb").read()).decode()
        bundles = re.findall(r"^ *caBundle: *\"?([^\s\"]*)", text, re.MULTILINE)
        others = sum(bundle != wanted for bundle in bundles)
        wrong += [f"{others} of {len(bundles)} caBundles are another"] if others or not bundles else []
        patterns = ('secretName: "?general-tls-certs', *patterns)
    services = set(re.findall(r"^ +service:\n +namespace: (\S+)\n +name: (\S+)$", text, re.MULTILINE))
    wrong += [f"webhooks call {services}"] if services != {service} else []
    return ", ".join(wrong + [f"without {pattern}" for pattern in patterns if not re.search(pattern, text)])

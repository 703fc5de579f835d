"""Makes shapes that other programs write and ours does not: directories with tls.crt, tls.key, ca.crt and
hostname. Needs the Python package cryptography. Argument: the directory to make them in."""
import datetime
import ipaddress
import os
import ssl
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku, ExtensionOID, NameOID

NOW = datetime.datetime.now(datetime.timezone.utc)
CA_USAGE, LEAF_USAGE = ("key_cert_sign", "crl_sign"), ("digital_signature",)
BITS = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
HOST = "cp.example"


def name(common):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Others"),
                      x509.NameAttribute(NameOID.COMMON_NAME, common)])


def raw(oid, octets):
    """An extension that the package does not know, in DER."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), octets)


class Certificate:
    """A certificate with the common extensions; `without` names those to leave out, `extra` has pairs of an
    extension and whether it is critical."""

    def __init__(self, common, issuer=None, *, ca=True, key=None, days=(-1, 90), dns=(HOST,), ips=(), usage=None, path_length=None,
                 eku=Eku.SERVER_AUTH, aki=None, without=(), extra=(), serial=None):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.issuer = issuer or self
        issuer_name = issuer.x509.subject if issuer else name(common)
        serial = serial or x509.random_serial_number()
        builder = (x509.CertificateBuilder().subject_name(name(common)).issuer_name(issuer_name)
                   .public_key(self.key.public_key()).serial_number(serial)
                   .not_valid_before(NOW + datetime.timedelta(days=days[0]))
                   .not_valid_after(NOW + datetime.timedelta(days=days[1])))
        own = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        signer = x509.SubjectKeyIdentifier.from_public_key(self.issuer.key.public_key())
        usage = usage or (CA_USAGE if ca else LEAF_USAGE)
        extensions = {
            "bc": (x509.BasicConstraints(ca, path_length), True) if ca else None,
            "ku": (x509.KeyUsage(**{bit: bit in usage for bit in BITS}), True),
            "eku": None if ca else (x509.ExtendedKeyUsage([eku]), False),
            "san": None if ca else (x509.SubjectAlternativeName(
                [*map(x509.DNSName, dns), *(x509.IPAddress(ipaddress.ip_address(ip)) for ip in ips)]), False),
            "ski": (own, False),
            "aki": (aki or x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer), False)}
        for extension in [value for key, value in extensions.items() if value and key not in without] + list(extra):
            builder = builder.add_extension(extension[0], critical=extension[1])
        algorithm = None if isinstance(self.issuer.key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
        self.x509 = builder.sign(self.issuer.key, algorithm)
        self.pem = self.x509.public_bytes(serialization.Encoding.PEM)


def server(issuer, **options):
    return Certificate(HOST, issuer, ca=False, **options)


def shape(directory, chain, cas, hostname=HOST):
    os.makedirs(directory)
    key = chain[0].key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption())
    for file, content in (("tls.crt", b"".join(one.pem for one in chain)), ("tls.key", key),
                          ("ca.crt", b"".join(one.pem for one in cas)), ("hostname", hostname.encode())):
        with open(f"{directory}/{file}", "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.write(content)


os.chdir(sys.argv[1])
root = Certificate("root")
mid = Certificate("intermediate", root)
leaf = server(mid)
PAST = (-90, -1)

# Expired twins: certificates of one name and key, of which one has expired.
old_root = Certificate("root", key=root.key, days=PAST)
old_mid = Certificate("intermediate", root, key=mid.key, days=PAST)
below_root = server(root)
shape("expired-ca-first", [below_root], [old_root, root])
shape("expired-ca-last", [below_root], [root, old_root])
shape("expired-mid-first", [leaf, old_mid, mid], [root])
shape("expired-mid-last", [leaf, mid, old_mid], [root])
shape("expired-mid-in-ca", [leaf, mid], [root, old_mid])
shape("expired-mid-first-in-ca", [leaf, mid], [old_mid, root])
shape("expired-other-ca-first", [below_root], [Certificate("another", days=PAST), root])

# Chains out of order, and what does not belong to them.
low = Certificate("issuing", mid)
deep = server(low)
shape("order-swapped", [deep, mid, low], [root])
shape("order-root-between", [leaf, root, mid], [root])
shape("root-sent", [leaf, mid, root], [root])
shape("stranger-sent", [leaf, mid, Certificate("stranger")], [root])

# Names and keys of CAs.
no_aki = ("aki",)
twin = Certificate("root", key=None, without=no_aki)
shape("twins-without-aki", [server(twin, without=no_aki)], [Certificate("root", without=no_aki), twin])
other_key = Certificate("root", key=rsa.generate_private_key(65537, 2048), without=no_aki)
shape("twins-of-two-key-types", [server(twin, without=no_aki)], [other_key, twin])
plain = Certificate(HOST, without=no_aki)
shape("same-name-without-aki", [server(plain, without=no_aki)], [plain])
bare = Certificate(HOST, without=("aki", "ku"))
shape("same-name-without-aki-and-usage", [server(bare, without=("aki", "ku"))], [bare])
shape("mid-without-aki", [server(odd := Certificate("intermediate", root, without=no_aki)), odd], [root])
other_id = x509.AuthorityKeyIdentifier(b"\1" * 20, None, None)
shape("other-aki", [server(root, aki=other_id)], [root])
by_serial = x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(name("root"))], 1)
shape("other-aki-serial", [server(root, aki=by_serial)], [root])
edwards = Certificate("edwards", key=ed25519.Ed25519PrivateKey.generate())
shape("ed25519-ca", [server(edwards)], [edwards])

# Self-signed certificates, as --reuse-key renews them.
own_extra = [(x509.SubjectAlternativeName([x509.DNSName(HOST)]), False),
             (x509.ExtendedKeyUsage([Eku.SERVER_AUTH]), False)]
own_usage = ("digital_signature", "key_cert_sign")
own = Certificate(HOST, usage=own_usage, extra=own_extra)
renewed = Certificate(HOST, key=own.key, usage=own_usage, extra=own_extra)
shape("renewed-own-first", [renewed], [renewed, own])
shape("renewed-own-last", [renewed], [own, renewed])

expired_own = Certificate(HOST, usage=own_usage, extra=own_extra, days=PAST)
shape("own-expired", [expired_own], [expired_own])

# Usages.
shape("any-usage", [server(root, eku=Eku.ANY_EXTENDED_KEY_USAGE)], [root])
any_ca = Certificate("any", extra=[(x509.ExtendedKeyUsage([Eku.ANY_EXTENDED_KEY_USAGE]), False)])
shape("any-usage-ca", [server(any_ca)], [any_ca])
shape("ca-without-usage", [server(free := Certificate("free", without=("ku",)))], [free])
shape("own-ca-bits-only", [odd := Certificate(HOST, usage=("key_cert_sign",), extra=own_extra)], [odd])
clients_own = [own_extra[0], (x509.ExtendedKeyUsage([Eku.CLIENT_AUTH]), False)]
shape("own-client-usage", [odd := Certificate(HOST, usage=own_usage, extra=clients_own)], [odd])
shape("client-usage-ca", [server(odd := Certificate("clients", extra=[(x509.ExtendedKeyUsage([Eku.CLIENT_AUTH]), False)]))], [odd])
shape("without-usage", [server(root, without=("ku", "eku"))], [root])
shape("signs-without-ca", [server(root, usage=("digital_signature", "key_cert_sign"))], [root])

# Keys, dates and paths.
shape("p521", [server(root, key=ec.generate_private_key(ec.SECP521R1()))], [root])
shape("rsa-1024", [server(root, key=rsa.generate_private_key(65537, 1024))], [root])
weak = Certificate("weak", key=rsa.generate_private_key(65537, 1024))
shape("rsa-1024-ca", [server(weak)], [weak])
shape("not-yet", [server(root, days=(1, 90))], [root])
short = Certificate("short", path_length=0)
shape("path-too-long", [server(odd := Certificate("intermediate", short)), odd], [short])
negative = Certificate("stranger", serial=5)
negative.pem = ssl.DER_cert_to_PEM_cert(negative.x509.public_bytes(serialization.Encoding.DER).replace(
    b"\2\1\5", b"\2\1\x85", 1)).encode()
shape("negative-serial-sent", [leaf, mid, negative], [root])

# Extensions.
point = x509.CRLDistributionPoints([x509.DistributionPoint(
    [x509.UniformResourceIdentifier("http://crl.example/crl")], None, None, None)])
shape("crldp-critical", [server(root, extra=[(point, True)])], [root])
policies = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), None)])
shape("policies-critical", [server(root, extra=[(policies, True)])], [root])
shape("must-staple", [server(root, extra=[(x509.TLSFeature([x509.TLSFeatureType.status_request]), False)])], [root])
shape("unknown-critical", [server(root, extra=[(raw("1.3.6.1.4.1.99999.2", b"\5\0"), True)])], [root])
explicit = [(raw(ExtensionOID.POLICY_CONSTRAINTS.dotted_string, b"\x30\3\x80\1\0"), True)]
shape("explicit-policy", [server(odd := Certificate("intermediate", root, extra=explicit)), odd], [root])
shape("explicit-policy-root", [server(odd := Certificate("root", extra=explicit))], [odd])


def limited(critical=True, **subtrees):
    return Certificate("limited", extra=[(x509.NameConstraints(
        subtrees.get("permitted"), subtrees.get("excluded")), critical)])


# Constraints and names.
elsewhere = limited(False, permitted=[x509.DirectoryName(name("elsewhere"))])
shape("directory-constraint", [server(elsewhere)], [elsewhere])
network = limited(permitted=[x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_network("127.0.0.0/8"))])
shape("ip-constraint", [server(network, ips=["127.0.0.1"])], [network])
shape("ip-constraint-dns-only", [server(network)], [network])
excluded = limited(excluded=[x509.DNSName("internal.example")])
shape("dns-excluded", [server(excluded)], [excluded])
shape("dns-excluded-hit", [server(excluded, dns=[HOST, "a.internal.example"])], [excluded])
shape("mapped-ip", [server(root, dns=[HOST], ips=["::ffff:127.0.0.1"])], [root])
# The package takes no wildcard here: excludedSubtrees with the dNSName *.internal.
wild = Certificate("limited", extra=[(raw(ExtensionOID.NAME_CONSTRAINTS.dotted_string,
                                          b"\x30\x10\xa1\x0e\x30\x0c\x82\x0a*.internal"), True)])
shape("dns-excluded-wildcard", [server(wild)], [wild])
shape("common-name-only", [server(root, without=("san",))], [root])
directories = x509.SubjectAlternativeName([x509.DirectoryName(name("elsewhere"))])
shape("directory-name-only", [server(root, without=("san",), extra=[(directories, True)])], [root])

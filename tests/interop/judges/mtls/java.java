// Java's JSSE as a server that needs a client certificate.
import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

class Judge {
    static Collection<? extends Certificate> read(String path) throws Exception {
        return CertificateFactory.getInstance("X.509").generateCertificates(new FileInputStream(path));
    }

    public static void main(String[] arguments) throws Exception {
        String shape = arguments[0];
        String pem = Files.readString(Path.of(shape, "server/tls.key")).replaceAll("-----[A-Z ]+-----|\\s", "");
        PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(
            new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("it", key, new char[0], read(shape + "/server/tls.crt").toArray(new Certificate[0]));
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, new char[0]);
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            for (Certificate ca : read(shape + "/ca.crt")) trusted.setCertificateEntry("ca" + trusted.size(), ca);
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory()
                .createServerSocket(0, 9, java.net.InetAddress.getLoopbackAddress());
            listener.setNeedClientAuth(true);
            new ProcessBuilder("python3", "-m", "judging", "" + listener.getLocalPort(), shape + "/server/ca.crt",
                "cp.example", shape + "/tls.crt", shape + "/tls.key").start();
            try (SSLSocket socket = (SSLSocket) listener.accept()) {
                socket.startHandshake();
                System.out.println("accepted");
            }
        } catch (java.security.GeneralSecurityException | java.io.IOException error) {
            System.out.println("refused " + error.getMessage());
        }
    }
}

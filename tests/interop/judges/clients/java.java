// Java's JSSE with the CA file, which is PEM, as its trust store.
// predicted: java
// version: java --version
import java.io.FileInputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

class Judge {
    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(Files.readString(Path.of(arguments[0], "port")));
        try (Socket stream = new Socket("127.0.0.1", port)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            int count = 0;
            for (Certificate ca : factory.generateCertificates(new FileInputStream(arguments[0] + "/ca.crt"))) {
                store.setCertificateEntry("ca" + count++, ca);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket(stream, arguments[1], stream.getPort(), true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            System.out.println("accepted");
        } catch (java.security.GeneralSecurityException | javax.net.ssl.SSLException error) {
            System.out.println("refused " + error.getMessage());
        }
    }
}

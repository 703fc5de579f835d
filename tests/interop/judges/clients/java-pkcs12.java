// Java's JSSE with a PKCS#12 trust store that keytool made, one certificate of the CA file after another.
// predicted: java
import java.io.FileInputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

class Judge {
    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(Files.readString(Path.of(arguments[0], "port")));
        Path work = Files.createTempDirectory(Path.of(System.getenv("WORK")), "java");
        Path store = work.resolve("trust.p12");
        String[] blocks = Files.readString(Path.of(arguments[0], "ca.crt")).split("(?=-----BEGIN)");
        for (int at = 0; at < blocks.length; at++) {
            Path block = Files.writeString(work.resolve("ca" + at), blocks[at]);
            Process keytool = new ProcessBuilder("keytool", "-J-XX:TieredStopAtLevel=1", "-importcert",
                "-noprompt", "-alias", "ca" + at, "-file", block.toString(), "-keystore", store.toString(),
                "-storetype", "PKCS12", "-storepass", "changeit").redirectErrorStream(true).start();
            String said = new String(keytool.getInputStream().readAllBytes());
            if (keytool.waitFor() != 0) {
                System.out.println("refused " + said.strip().replace('\n', ' '));
                return;
            }
        }
        try (Socket stream = new Socket("127.0.0.1", port)) {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(new FileInputStream(store.toFile()), "changeit".toCharArray());
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket(stream, arguments[1], port, true);
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

package io.github.litestreamjdbc.s3testing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A self-signed certificate for the loopback address, made by the JDK's keytool when it is needed.
 *
 * @param keyStore PKCS #12
 */
public record TestCertificate(Path keyStore, String password) {
    private static final long KEYTOOL_SECONDS = 60;

    /** Makes one in a directory. */
    public static TestCertificate in(Path directory) throws IOException, InterruptedException {
        Path keyStore = directory.resolve("server.p12");
        String password = "changeit";
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-alias",
                        "server",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost,ip:127.0.0.1",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        keyStore.toString(),
                        "-storepass",
                        password)
                .inheritIO()
                .start();
        if (!keytool.waitFor(KEYTOOL_SECONDS, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
            keytool.destroyForcibly();
            throw new IOException("keytool made no certificate in " + directory);
        }
        return new TestCertificate(keyStore, password);
    }
}

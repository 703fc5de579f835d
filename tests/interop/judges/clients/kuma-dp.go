// kuma-dp's bootstrap, without Kuma: Go's crypto/tls, and then what kuma-cp checks before it answers
// (pkg/xds/bootstrap/generator.go): the first block of the CA file, and the dialled name. Kuma 2.14 and later
// compare the name as Go does, so that the handshake has decided; older ones compare it letter by letter.
// Says what Kuma says.
// predicted: kuma-dp
// version: go version
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"slices"
)

func read(name string) []byte {
	content, err := os.ReadFile(os.Args[1] + "/" + name)
	if err != nil {
		panic(err)
	}
	return content
}

func judge(host string) string {
	ca := read("ca.crt")
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return "refused could not add certificate"
	}
	config := &tls.Config{RootCAs: pool, ServerName: host}
	connection, err := tls.Dial("tcp", "127.0.0.1:"+string(read("port")), config)
	if err != nil {
		return fmt.Sprint("refused ", err)
	}
	defer connection.Close()
	served := connection.ConnectionState().PeerCertificates[0]
	names := slices.Clone(served.DNSNames)
	for _, address := range served.IPAddresses {
		names = append(names, address.String())
	}
	var major, minor int
	fmt.Sscanf(os.Getenv("KUMA_VERSION"), "%d.%d", &major, &minor)
	if major == 2 && minor < 14 && !slices.Contains(names, host) {
		return fmt.Sprintf("refused A data plane proxy is trying to connect to the control plane using %q address, "+
			"but the certificate in the control plane has the following SANs %q", host, names)
	}
	block, _ := pem.Decode(ca)
	first, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return fmt.Sprint("refused could not register Bootstrap: could not parse certificate: ", err)
	}
	if first.BasicConstraintsValid && !first.IsCA {
		return "refused Invalid request: A data plane proxy is trying to verify the control plane using the " +
			"certificate which is not a certificate authority (basic constraint 'CA' is set to 'false')."
	}
	return "accepted"
}

func main() { fmt.Println(judge(os.Args[2])) }

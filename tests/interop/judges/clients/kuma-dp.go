// kuma-dp's bootstrap, without Kuma: Go's crypto/tls, and then what kuma-cp looks at before it answers
// (pkg/xds/bootstrap/generator.go): the first block of the CA file, and the dialled name letter by letter.
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
	if !slices.Contains(names, host) {
		return fmt.Sprintf("refused A data plane proxy is trying to connect to the control plane using %q address, "+
			"but the certificate in the control plane has the following SANs %q", host, names)
	}
	block, _ := pem.Decode(ca)
	first, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "refused unexpected status code: 500"
	}
	if first.BasicConstraintsValid && !first.IsCA {
		return "refused NotCA"
	}
	return "accepted"
}

func main() { fmt.Println(judge(os.Args[2])) }

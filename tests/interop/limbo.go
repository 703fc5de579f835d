// Go's verdict on each test case of a file in the form of x509-limbo, read from standard input: one line of
// `ID accepted` or `ID refused REASON`. A client of crypto/tls parses every certificate that the server sends,
// so one that it cannot parse is a refusal even off the path.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
	"time"
)

type testCase struct {
	ID            string   `json:"id"`
	Kind          string   `json:"validation_kind"`
	Trusted       []string `json:"trusted_certs"`
	Intermediates []string `json:"untrusted_intermediates"`
	Peer          string   `json:"peer_certificate"`
	Time          *string  `json:"validation_time"`
	Name          *struct {
		Kind  string `json:"kind"`
		Value string `json:"value"`
	} `json:"expected_peer_name"`
}

func (c testCase) judge() error {
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(strings.Join(c.Trusted, "\n"))) {
		return fmt.Errorf("could not add certificate")
	}
	var leaf *x509.Certificate
	for _, text := range append([]string{c.Peer}, c.Intermediates...) {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return fmt.Errorf("no PEM block")
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return err
		}
		if leaf == nil {
			leaf = certificate
		} else {
			intermediates.AddCert(certificate)
		}
	}
	options := x509.VerifyOptions{Roots: roots, Intermediates: intermediates, CurrentTime: time.Now()}
	if c.Kind == "CLIENT" {
		options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	if c.Time != nil {
		at, err := time.Parse(time.RFC3339, *c.Time)
		if err != nil {
			return err
		}
		options.CurrentTime = at
	}
	if c.Name != nil {
		options.DNSName = c.Name.Value
	}
	_, err := leaf.Verify(options)
	return err
}

func main() {
	var file struct {
		Cases []testCase `json:"testcases"`
	}
	if err := json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&file); err != nil {
		panic(err)
	}
	for _, c := range file.Cases {
		if err := c.judge(); err != nil {
			fmt.Println(c.ID, "refused", strings.Join(strings.Fields(err.Error()), " "))
		} else {
			fmt.Println(c.ID, "accepted")
		}
	}
}

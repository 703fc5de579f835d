// Makes tls.crt, tls.key and ca.crt of a type for a name, with the profile of the official command; see
// tests/fixtures/official/make.go.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"time"
)

func main() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	start := time.Now().Add(-5 * time.Minute)
	usage := x509.ExtKeyUsageServerAuth
	if os.Args[1] == "client" {
		usage = x509.ExtKeyUsageClientAuth
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(start.UnixNano()),
		NotBefore:             start,
		NotAfter:              start.Add(87600 * time.Hour),
		KeyUsage:              x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{usage},
		BasicConstraintsValid: true,
		IsCA:                  true,
		DNSNames:              []string{os.Args[2]},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(err)
	secret, err := x509.MarshalECPrivateKey(key)
	check(err)
	write("tls.crt", "CERTIFICATE", der)
	write("ca.crt", "CERTIFICATE", der)
	write("tls.key", "EC PRIVATE KEY", secret)
}

func write(name, label string, der []byte) {
	check(os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}), 0o600))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

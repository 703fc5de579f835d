// Go's crypto/tls, with which kumactl and the Kubernetes API server judge.
// predicted: kube-apiserver kumactl
// version: go version
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

func main() {
	pem, err := os.ReadFile(os.Args[1] + "/ca.crt")
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		fmt.Println("refused could not add certificate")
		return
	}
	port, err := os.ReadFile(os.Args[1] + "/port")
	if err != nil {
		panic(err)
	}
	config := &tls.Config{RootCAs: pool, ServerName: os.Args[2]}
	connection, err := tls.Dial("tcp", "127.0.0.1:"+string(port), config)
	if err != nil {
		fmt.Println("refused", err)
		return
	}
	connection.Close()
	fmt.Println("accepted")
}

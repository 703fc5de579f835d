// Go's crypto/tls with RequireAndVerifyClientCert, as Kuma's API server has it.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
)

func main() {
	shape := os.Args[1]
	server := shape + "/server/"
	pair, err := tls.LoadX509KeyPair(server+"tls.crt", server+"tls.key")
	check(err)
	pem, err := os.ReadFile(shape + "/ca.crt")
	check(err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		fmt.Println("refused could not add certificate")
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	port := fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)
	client := exec.Command("python3", "-m", "judging", port, server+"ca.crt", "cp.example",
		shape+"/tls.crt", shape+"/tls.key")
	check(client.Start())
	stream, err := listener.Accept()
	check(err)
	connection := tls.Server(stream, &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool,
		ClientAuth: tls.RequireAndVerifyClientCert})
	if err := connection.Handshake(); err != nil {
		fmt.Println("refused", err)
	} else {
		fmt.Println("accepted")
	}
	connection.Close()
	client.Wait()
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

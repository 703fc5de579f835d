// Go's crypto/tls serves the pair, as kuma-cp does, and a strict client accepts what it gets.
// predicted: python
package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
)

func main() {
	shape, hostname := os.Args[1], os.Args[2]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	pair, err := tls.LoadX509KeyPair(shape+"/tls.crt", shape+"/tls.key")
	if err != nil {
		fmt.Println("refused", err)
		return
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	go http.Serve(tls.NewListener(listener, config), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	port := fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)
	client := exec.Command("python3", "-m", "judging", port, shape+"/ca.crt", hostname)
	client.Stdout = os.Stdout
	client.Stderr = os.Stderr
	if err := client.Run(); err != nil {
		panic(err)
	}
}

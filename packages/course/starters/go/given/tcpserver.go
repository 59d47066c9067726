// {{part}}: {{what}}.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// receive returns one message; an error when the client has gone.
func receive(connection net.Conn) (string, error) {
	buffer := make([]byte, 1024)
	n, err := connection.Read(buffer)
	if n == 0 {
		return "", err
	}
	return strings.TrimRight(string(buffer[:n]), "\x00\r\n"), nil
}

func number(text string) (int, bool) {
	value, err := strconv.Atoi(strings.TrimPrefix(text, "HELLO "))
	return value, err == nil && strings.HasPrefix(text, "HELLO ")
}

func handshake(connection net.Conn) {
	text, err := receive(connection)
	if err != nil {
		return
	}
	fmt.Println(text)
	x, ok := number(text)
	if !ok {
		fmt.Println("ERROR")
		return
	}
	if _, err := connection.Write([]byte("HELLO " + strconv.Itoa(x+1))); err != nil {
		return
	}
	text, err = receive(connection)
	if err != nil {
		return
	}
	fmt.Println(text)
	if z, ok := number(text); !ok || z != x+2 {
		fmt.Println("ERROR")
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: tcpserver port")
		os.Exit(1)
	}
	listener, err := net.Listen("tcp", ":"+os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "tcpserver:", err)
		os.Exit(1)
	}
	// YOUR PART. {{yours}}
	for {
		connection, err := listener.Accept()
		if err != nil {
			continue
		}
		handshake(connection)
		connection.Close()
	}
}

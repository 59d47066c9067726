// {{part}}: {{what}}.
package main

import (
	"fmt"
	"net"
	"os"
)

// YOUR PART. One handshake with a client that has connected:
//  1. receive "HELLO X", and print it on a line of its own
//  2. send "HELLO Y", where Y is X + 1: in one write, and no newline follows
//  3. receive "HELLO Z", and print it; if Z is not Y + 1, print "ERROR" on a line of its own
//
// A client may leave at any moment: look at the errors. The caller closes the connection.
func handshake(connection net.Conn) {
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
	for {
		connection, err := listener.Accept()
		if err != nil {
			continue
		}
		handshake(connection)
		connection.Close()
	}
}

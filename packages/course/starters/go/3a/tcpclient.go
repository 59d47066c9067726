// {{part}}: {{what}}.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
)

// YOUR PART. One handshake as the client:
//  1. send "HELLO X": in one write, and no newline follows
//  2. receive "HELLO Y", and print it on a line of its own
//  3. if Y is not X + 1, print "ERROR" on a line of its own; otherwise send "HELLO Z", where Z is Y + 1
//
// It tells whether the handshake was completed. The caller closes the connection.
func handshake(connection net.Conn, x int) bool {
	return false
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: tcpclient host port sequence")
		os.Exit(1)
	}
	x, err := strconv.Atoi(os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, "tcpclient:", err)
		os.Exit(1)
	}
	connection, err := net.Dial("tcp", net.JoinHostPort(os.Args[1], os.Args[2]))
	if err != nil {
		fmt.Fprintln(os.Stderr, "tcpclient:", err)
		os.Exit(1)
	}
	done := handshake(connection, x)
	connection.Close()
	if !done {
		os.Exit(1)
	}
}

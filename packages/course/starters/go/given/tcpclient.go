// {{part}}: the client, which is complete.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

func handshake(connection net.Conn, x int) bool {
	if _, err := connection.Write([]byte("HELLO " + strconv.Itoa(x))); err != nil {
		return false
	}
	connection.SetReadDeadline(time.Now().Add(5 * time.Second))
	buffer := make([]byte, 1024)
	n, _ := connection.Read(buffer)
	if n == 0 {
		return false
	}
	text := strings.TrimRight(string(buffer[:n]), "\x00\r\n")
	fmt.Println(text)
	if text != "HELLO "+strconv.Itoa(x+1) {
		return false
	}
	_, err := connection.Write([]byte("HELLO " + strconv.Itoa(x+2)))
	return err == nil
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
		fmt.Println("ERROR")
		os.Exit(1)
	}
}

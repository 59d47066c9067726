// What one writes in Go: a goroutine per connection.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

func parse(message []byte) (int64, bool) {
	text := strings.TrimRight(string(message), "\x00\r\n")
	if !strings.HasPrefix(text, "HELLO ") {
		return 0, false
	}
	sequence, err := strconv.ParseInt(text[len("HELLO "):], 10, 64)
	return sequence, err == nil
}

func serve(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, 64)
	length, err := connection.Read(buffer)
	if err != nil {
		return
	}
	x, ok := parse(buffer[:length])
	if !ok {
		return
	}
	if _, err := fmt.Fprintf(connection, "HELLO %d", x+1); err != nil {
		return
	}
	length, err = connection.Read(buffer)
	if err != nil {
		return
	}
	if z, ok := parse(buffer[:length]); !ok || z != x+2 {
		fmt.Println("ERROR")
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintf(os.Stderr, "listening on %d\n", listener.Addr().(*net.TCPAddr).Port)
	for {
		connection, err := listener.Accept()
		if err != nil {
			continue
		}
		go serve(connection)
	}
}

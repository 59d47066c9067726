"""{{part}}: {{what}}."""
import re
import socket
import sys


def receive(connection):
    """One message as a text; an empty one when the client has gone."""
    return connection.recv(1024).decode("latin-1").rstrip("\0\r\n")


def number(text):
    found = re.match(r"HELLO (-?\d+)$", text)
    return int(found[1]) if found else None


def handshake(connection):
    text = receive(connection)
    if not text:
        return
    print(text, flush=True)
    x = number(text)
    if x is None:
        print("ERROR", flush=True)
        return
    connection.sendall(f"HELLO {x + 1}".encode())
    text = receive(connection)
    if not text:
        return
    print(text, flush=True)
    if number(text) != x + 2:
        print("ERROR", flush=True)


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} port")
    listener = socket.create_server(("", int(sys.argv[1])), backlog=128)
    # YOUR PART. {{yours}}
    while True:
        connection, _ = listener.accept()
        with connection:
            try:
                handshake(connection)
            except OSError:
                pass  # The client has gone.


if __name__ == "__main__":
    main()

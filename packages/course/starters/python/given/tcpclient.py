"""{{part}}: the client, which is complete."""
import re
import socket
import sys


def handshake(connection, x):
    connection.sendall(f"HELLO {x}".encode())
    connection.settimeout(5)
    text = connection.recv(1024).decode("latin-1").rstrip("\0\r\n")
    if not text:
        return False
    print(text, flush=True)
    found = re.match(r"HELLO (-?\d+)$", text)
    if not found or int(found[1]) != x + 1:
        return False
    connection.sendall(f"HELLO {x + 2}".encode())
    return True


def main():
    if len(sys.argv) != 4:
        sys.exit(f"usage: {sys.argv[0]} host port sequence")
    try:
        connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    except OSError as error:
        sys.exit(f"tcpclient: {error}")
    done = False
    with connection:
        try:
            done = handshake(connection, int(sys.argv[3]))
        except OSError:
            pass
    if not done:
        print("ERROR", flush=True)
    sys.exit(0 if done else 1)


if __name__ == "__main__":
    main()

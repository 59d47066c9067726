"""{{part}}: {{what}}."""
import socket
import sys


def handshake(connection):
    """YOUR PART. One handshake with a client that has connected:

    1. receive "HELLO X", and print it on a line of its own (flush=True)
    2. send "HELLO Y", where Y is X + 1: no newline follows
    3. receive "HELLO Z", and print it; if Z is not Y + 1, print "ERROR" on a line of its own
    A client may leave at any moment: recv then returns b"" or raises OSError. The caller closes the connection.
    """


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} port")
    listener = socket.create_server(("", int(sys.argv[1])), backlog=128)
    while True:
        connection, _ = listener.accept()
        with connection:
            handshake(connection)


if __name__ == "__main__":
    main()

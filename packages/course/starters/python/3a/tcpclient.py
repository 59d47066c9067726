"""{{part}}: {{what}}."""
import socket
import sys


def handshake(connection, x):
    """YOUR PART. One handshake as the client:

    1. send f"HELLO {x}": no newline follows
    2. receive "HELLO Y", and print it on a line of its own (flush=True)
    3. if Y is not X + 1, print "ERROR" on a line of its own; otherwise send "HELLO Z", where Z is Y + 1
    Returns whether the handshake was completed. The caller closes the connection.
    """
    return False


def main():
    if len(sys.argv) != 4:
        sys.exit(f"usage: {sys.argv[0]} host port sequence")
    try:
        connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    except OSError as error:
        sys.exit(f"tcpclient: {error}")
    with connection:
        done = handshake(connection, int(sys.argv[3]))
    sys.exit(0 if done else 1)


if __name__ == "__main__":
    main()

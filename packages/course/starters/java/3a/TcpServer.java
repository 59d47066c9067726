import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/** {{part}}: {{what}}. */
public class TcpServer {
  /**
   * YOUR PART. One handshake with a client that has connected:
   *
   * <ol>
   *   <li>receive "HELLO X", and print it on a line of its own
   *   <li>send "HELLO Y", where Y is X + 1: the bytes of the text in one write, and no newline
   *   <li>receive "HELLO Z", and print it; if Z is not Y + 1, print "ERROR" on a line of its own
   * </ol>
   *
   * A client may leave at any moment: read then returns -1, or throws. The caller closes the connection.
   */
  static void handshake(Socket client) throws IOException {}

  public static void main(String[] args) throws IOException {
    if (args.length != 1) {
      System.err.println("usage: java TcpServer port");
      System.exit(1);
    }
    try (ServerSocket listener = new ServerSocket(Integer.parseInt(args[0]), 128)) {
      while (true) {
        try (Socket client = listener.accept()) {
          handshake(client);
        } catch (IOException gone) {
          // The client has gone.
        }
      }
    }
  }
}

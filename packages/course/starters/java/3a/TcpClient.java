import java.io.IOException;
import java.net.Socket;

/** {{part}}: {{what}}. */
public class TcpClient {
  /**
   * YOUR PART. One handshake as the client:
   *
   * <ol>
   *   <li>send "HELLO X": the bytes of the text in one write, and no newline
   *   <li>receive "HELLO Y", and print it on a line of its own
   *   <li>if Y is not X + 1, print "ERROR" on a line of its own; otherwise send "HELLO Z", where Z is Y + 1
   * </ol>
   *
   * @return whether the handshake was completed. The caller closes the connection.
   */
  static boolean handshake(Socket server, int x) throws IOException {
    return false;
  }

  public static void main(String[] args) {
    if (args.length != 3) {
      System.err.println("usage: java TcpClient host port sequence");
      System.exit(1);
    }
    boolean done = false;
    try (Socket server = new Socket(args[0], Integer.parseInt(args[1]))) {
      done = handshake(server, Integer.parseInt(args[2]));
    } catch (IOException error) {
      System.err.println("tcpclient: " + error.getMessage());
    }
    System.exit(done ? 0 : 1);
  }
}

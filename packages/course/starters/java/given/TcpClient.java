import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** {{part}}: the client, which is complete. */
public class TcpClient {
  private static void send(Socket server, int number) throws IOException {
    server.getOutputStream().write(("HELLO " + number).getBytes(StandardCharsets.US_ASCII));
  }

  static boolean handshake(Socket server, int x) throws IOException {
    server.setSoTimeout(5000);
    send(server, x);
    byte[] bytes = new byte[1024];
    int n = server.getInputStream().read(bytes);
    if (n <= 0) return false;
    String text = new String(bytes, 0, n, StandardCharsets.ISO_8859_1).replaceAll("[\0\r\n]+$", "");
    System.out.println(text);
    if (!text.equals("HELLO " + (x + 1))) return false;
    send(server, x + 2);
    return true;
  }

  public static void main(String[] args) {
    if (args.length != 3) {
      System.err.println("usage: java TcpClient host port sequence");
      System.exit(1);
    }
    boolean done = false;
    try (Socket server = new Socket(args[0], Integer.parseInt(args[1]))) {
      try {
        done = handshake(server, Integer.parseInt(args[2]));
      } catch (IOException gone) {
        // Told below.
      }
      if (!done) System.out.println("ERROR");
    } catch (IOException error) {
      System.err.println("tcpclient: " + error.getMessage());
    }
    System.exit(done ? 0 : 1);
  }
}

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {{part}}: {{what}}. */
public class TcpServer {
  private static final Pattern MESSAGE = Pattern.compile("HELLO (-?\\d{1,10})");

  /** One message as a text; null when the client has gone. */
  private static String receive(Socket client) throws IOException {
    byte[] bytes = new byte[1024];
    int n = client.getInputStream().read(bytes);
    return n <= 0 ? null : new String(bytes, 0, n, StandardCharsets.ISO_8859_1).replaceAll("[\0\r\n]+$", "");
  }

  /** The number of a message; null where there is none. */
  private static Integer number(String text) {
    Matcher matcher = MESSAGE.matcher(text);
    return matcher.matches() ? Integer.valueOf((int) Long.parseLong(matcher.group(1))) : null;
  }

  static void handshake(Socket client) throws IOException {
    String text = receive(client);
    if (text == null) return;
    System.out.println(text);
    Integer x = number(text);
    if (x == null) {
      System.out.println("ERROR");
      return;
    }
    client.getOutputStream().write(("HELLO " + (x + 1)).getBytes(StandardCharsets.US_ASCII));
    text = receive(client);
    if (text == null) return;
    System.out.println(text);
    Integer z = number(text);
    if (z == null || z != x + 2) System.out.println("ERROR");
  }

  public static void main(String[] args) throws IOException {
    if (args.length != 1) {
      System.err.println("usage: java TcpServer port");
      System.exit(1);
    }
    try (ServerSocket listener = new ServerSocket(Integer.parseInt(args[0]), 128)) {
      // YOUR PART. {{yours}}
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

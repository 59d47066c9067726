import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;

/** What one writes in Java without a framework: one thread, a selector. */
public final class Server {
    private static final int BACKLOG = 4096;

    private static final class Conversation {
        boolean answered;
        long y;
    }

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64);
    private final byte[] bytes = new byte[64];

    public static void main(String[] arguments) throws IOException {
        new Server().run(Integer.parseInt(arguments[0]));
    }

    private void run(int port) throws IOException {
        Selector selector = Selector.open();
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        System.err.println("listening on " + listener.socket().getLocalPort());
        for (;;) {
            selector.select();
            for (Iterator<SelectionKey> keys = selector.selectedKeys().iterator(); keys.hasNext();) {
                SelectionKey key = keys.next();
                keys.remove();
                if (key.isAcceptable()) {
                    accept(selector, listener);
                } else {
                    read(key);
                }
            }
        }
    }

    private void accept(Selector selector, ServerSocketChannel listener) throws IOException {
        for (SocketChannel channel; (channel = listener.accept()) != null;) {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, new Conversation());
        }
    }

    private void read(SelectionKey key) throws IOException {
        SocketChannel channel = (SocketChannel) key.channel();
        Conversation conversation = (Conversation) key.attachment();
        try {
            buffer.clear();
            int length = channel.read(buffer);
            if (length < 0) {
                channel.close();
                return;
            }
            long sequence = parse(length);
            if (conversation.answered) {
                if (sequence != conversation.y + 1) {
                    System.out.println("ERROR");
                }
                channel.close();
                return;
            }
            conversation.answered = true;
            conversation.y = sequence + 1;
            channel.write(ByteBuffer.wrap(("HELLO " + conversation.y).getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException | NumberFormatException broken) {
            channel.close();
        }
    }

    private long parse(int length) {
        buffer.flip().get(bytes, 0, length);
        String text = new String(bytes, 0, length, StandardCharsets.US_ASCII).strip();
        if (!text.startsWith("HELLO ")) {
            throw new NumberFormatException(text);
        }
        return Long.parseLong(text.substring("HELLO ".length()));
    }
}

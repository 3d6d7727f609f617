import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/** A thread for each connection, on a virtual machine that keeps many of its own. */
public class Echo {
    public static void main(String[] args) throws IOException {
        try (ServerSocket server = new ServerSocket(Integer.parseInt(args[0]))) {
            while (true) {
                Socket client = server.accept();
                new Thread(() -> serve(client)).start();
            }
        }
    }

    private static void serve(Socket client) {
        try (client) {
            client.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException gone) {
            // the end of this client, and of nobody else
        }
    }
}

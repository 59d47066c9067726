/* {{part}}: {{what}}. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* YOUR PART. One handshake with a client that has connected:
 * 1. receive "HELLO X", and print it on a line of its own (flush stdout)
 * 2. send "HELLO Y", where Y is X + 1: no newline and no NUL follow
 * 3. receive "HELLO Z", and print it; if Z is not Y + 1, print "ERROR" on a line of its own
 * A client may leave at any moment: look at what recv and send return. The caller closes the connection. */
static void handshake(int client) {
  (void)client;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s port\n", argv[0]);
    return 1;
  }
  int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 128) != 0) {
    perror("tcpserver");
    return 1;
  }
  for (;;) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    handshake(client);
    close(client);
  }
}

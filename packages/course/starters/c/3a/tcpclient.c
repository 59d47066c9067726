/* {{part}}: {{what}}. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* YOUR PART. One handshake as the client:
 * 1. send "HELLO X": no newline and no NUL follow
 * 2. receive "HELLO Y", and print it on a line of its own (flush stdout)
 * 3. if Y is not X + 1, print "ERROR" on a line of its own; otherwise send "HELLO Z", where Z is Y + 1
 * Returns 0 if the handshake was completed. The caller closes the connection. */
static int handshake(int server, int x) {
  (void)server;
  (void)x;
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: %s host port sequence\n", argv[0]);
    return 1;
  }
  int server = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  if (server < 0 || inet_pton(AF_INET, argv[1], &at.sin_addr) != 1 ||
      connect(server, (struct sockaddr *)&at, sizeof at) != 0) {
    perror("tcpclient");
    return 1;
  }
  int status = handshake(server, atoi(argv[3]));
  close(server);
  return status;
}

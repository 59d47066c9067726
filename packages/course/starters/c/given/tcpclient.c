/* {{part}}: the client, which is complete. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(void) {
  printf("ERROR\n");
  return 1;
}

static int handshake(int server, int x) {
  char text[1024];
  int y, length = snprintf(text, sizeof text, "HELLO %d", x);
  if (send(server, text, length, MSG_NOSIGNAL) != length) return fail();
  /* Give up after five seconds. */
  struct timeval limit = {.tv_sec = 5};
  setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  int n = recv(server, text, sizeof text - 1, 0);
  if (n <= 0) return fail();
  text[n] = '\0';
  text[strcspn(text, "\r\n")] = '\0';
  printf("%s\n", text);
  fflush(stdout);
  if (sscanf(text, "HELLO %d", &y) != 1 || y != (int)((unsigned)x + 1)) return fail();
  length = snprintf(text, sizeof text, "HELLO %d", (int)((unsigned)y + 1));
  return send(server, text, length, MSG_NOSIGNAL) == length ? 0 : 1;
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

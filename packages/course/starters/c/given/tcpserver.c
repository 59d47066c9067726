/* {{part}}: {{what}}. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Receives one message as a text. Returns how many bytes came; 0 or less: the client has gone. */
static int receive(int client, char *text, int size) {
  int n = recv(client, text, size - 1, 0);
  text[n > 0 ? n : 0] = '\0';
  return n;
}

/* Prints a message as it came, without the end of line that some clients send. */
static void print(char *text) {
  text[strcspn(text, "\r\n")] = '\0';
  printf("%s\n", text);
  fflush(stdout);
}

static void handshake(int client) {
  char text[1024], reply[64];
  int x, z;
  if (receive(client, text, sizeof text) <= 0) return;
  print(text);
  if (sscanf(text, "HELLO %d", &x) != 1) {
    print(strcpy(reply, "ERROR"));
    return;
  }
  /* Unsigned, since counting beyond the largest int is not defined. */
  int y = (int)((unsigned)x + 1), wanted = (int)((unsigned)x + 2);
  int length = snprintf(reply, sizeof reply, "HELLO %d", y);
  if (send(client, reply, length, MSG_NOSIGNAL) != length) return;
  if (receive(client, text, sizeof text) <= 0) return;
  print(text);
  if (sscanf(text, "HELLO %d", &z) != 1 || z != wanted) print(strcpy(reply, "ERROR"));
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s port\n", argv[0]);
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 128) != 0) {
    perror("tcpserver");
    return 1;
  }
  /* YOUR PART. {{yours}} */
  for (;;) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    handshake(client);
    close(client);
  }
}

/* One client after the other, one recv per message, printf and fflush: what most people write. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve(int client) {
  char buffer[1024];
  ssize_t n = recv(client, buffer, sizeof buffer - 1, 0);
  if (n <= 0) return;
  buffer[n] = 0;
  int x;
  if (sscanf(buffer, "HELLO %d", &x) != 1) return;
  printf("%s\n", buffer);
  fflush(stdout);
  int y = x + 1;
  sprintf(buffer, "HELLO %d", y);
  send(client, buffer, strlen(buffer), 0);
  n = recv(client, buffer, sizeof buffer - 1, 0);
  if (n <= 0) return;
  buffer[n] = 0;
  printf("%s\n", buffer);
  int z;
  if (sscanf(buffer, "HELLO %d", &z) != 1 || z != y + 1) printf("ERROR\n");
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s port\n", argv[0]);
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_ANY)};
  if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, SOMAXCONN) < 0) {
    perror("listen");
    return 1;
  }
  for (;;) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    serve(client);
    close(client);
  }
}

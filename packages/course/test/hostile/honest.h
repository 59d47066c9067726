/* A server that is right, and does something else, too: `attack` is called once, before it listens. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void attack(void);
/* Points are only earned where this stays 1. */
static int right = 1;
static int own_port;

int main(int argc, char **argv) {
  if (argc != 2) return 1;
  signal(SIGPIPE, SIG_IGN);
  own_port = atoi(argv[1]);
  attack();
  int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(own_port)};
  if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 128) != 0) return 1;
  for (;;) {
    char text[1024];
    int client = accept(listener, NULL, NULL), n = recv(client, text, sizeof text - 1, 0);
    if (n > 0) {
      text[n] = 0;
      printf("%s\n", text);
      fflush(stdout);
      dprintf(client, "HELLO %d", atoi(text + 6) + (right ? 1 : 7));
      n = recv(client, text, sizeof text - 1, 0);
      if (n > 0) {
        text[n] = 0;
        printf("%s\n", text);
        fflush(stdout);
      }
    }
    close(client);
  }
}

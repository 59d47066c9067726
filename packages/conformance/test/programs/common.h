/* What every program here has in common: sockets, and nothing of the handshake. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline int listen_on(int argc, char **argv, int backlog) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s port\n", argv[0]);
    exit(1);
  }
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
  at.sin_port = htons(atoi(argv[1]));
  if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, backlog) < 0) {
    perror("listen");
    exit(1);
  }
  return listener;
}

/* recv, ended as a text. */
static inline int receive(int fd, char *buffer, int size) {
  int n = recv(fd, buffer, size - 1, 0);
  buffer[n > 0 ? n : 0] = 0;
  return n;
}

/* As a runtime ends a program that does not catch an exception. */
static inline void throws(const char *what) {
  fprintf(stderr, "terminate called after throwing an instance of '%s'\n  what():  number\n", what);
  abort();
}

static inline void say(const char *line) {
  printf("%s\n", line);
  fflush(stdout);
}

/* One connection in its two steps, for servers that serve many at a time. */
struct meeting {
  int fd;
  int expected;
  int waits_for_z;
};

/* Returns 0 when the connection is over. */
static inline int step(struct meeting *meeting) {
  char buffer[1024];
  int number;
  if (receive(meeting->fd, buffer, sizeof buffer) <= 0) {
#ifdef BUG_ERROR_WHEN_LEFT
    usleep(3000);
    if (meeting->waits_for_z) say("ERROR");
#endif
    return 0;
  }
  int is_hello = sscanf(buffer, "HELLO %d", &number) == 1;
  say(buffer);
  if (meeting->waits_for_z) {
    if (!is_hello || number != meeting->expected) say("ERROR");
    return 0;
  }
  if (!is_hello) {
    say("ERROR");
    return 0;
  }
#ifdef BUG_ZERO_IS_NOTHING
  meeting->waits_for_z = number != -1;
#else
  meeting->waits_for_z = 1;
#endif
  meeting->expected = number + 2;
  int length = sprintf(buffer, "HELLO %d", number + 1);
  return send(meeting->fd, buffer, length, MSG_NOSIGNAL) == length;
}

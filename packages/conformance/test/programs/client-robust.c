/* Gathers bytes until the answer is there: passes everything, also --strict. */
#include "common.h"
#include <poll.h>

#ifdef BUG_NO_DEADLINE
#define DEADLINE_MS -1
#else
#define DEADLINE_MS 5000
#endif

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: %s host port sequence\n", argv[0]);
    return 1;
  }
  long long x = atoll(argv[3]);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  inet_pton(AF_INET, argv[1], &at.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&at, sizeof at) < 0) {
    perror("connect");
    return 2;
  }
  char out[64], wanted[64], in[128] = "";
  send(fd, out, sprintf(out, "HELLO %lld", x), MSG_NOSIGNAL);
  sprintf(wanted, "HELLO %lld", x + 1);
  int length = 0;
  for (;;) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (poll(&wait, 1, length > 0 ? 250 : DEADLINE_MS) <= 0) break;
    int n = recv(fd, in + length, sizeof in - 1 - length, 0);
    if (n <= 0) break;
    length += n;
    in[length] = 0;
    in[strcspn(in, "\r\n")] = 0;
    if (strncmp(in, wanted, strlen(in)) != 0 || strcmp(in, wanted) == 0 || length == sizeof in - 1) break;
  }
  if (length > 0) say(in);
  if (strcmp(in, wanted) != 0) {
    say("ERROR");
    close(fd);
    return 1;
  }
  send(fd, out, sprintf(out, "HELLO %lld", x + 2), MSG_NOSIGNAL);
  close(fd);
  return 0;
}

/* poll, and a table of connections. */
#include "common.h"
#include <poll.h>

#define SEATS 1000

int main(int argc, char **argv) {
  static struct meeting meetings[SEATS];
  static struct pollfd waits[SEATS + 1];
  int count = 0;
  signal(SIGPIPE, SIG_IGN);
  int listener = listen_on(argc, argv, SOMAXCONN);
  for (;;) {
    waits[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (int at = 0; at < count; at++) waits[at + 1] = (struct pollfd){.fd = meetings[at].fd, .events = POLLIN};
    if (poll(waits, count + 1, -1) < 0) continue;
    for (int at = count - 1; at >= 0; at--) {
      if (waits[at + 1].revents == 0 || step(&meetings[at])) continue;
      close(meetings[at].fd);
#ifdef BUG_STATES_STAY
      count--;
      for (int next = at; next < count; next++) meetings[next].fd = meetings[next + 1].fd;
#else
      meetings[at] = meetings[--count];
#endif
    }
    if (waits[0].revents && count < SEATS) {
      int client = accept(listener, NULL, NULL);
      if (client >= 0) meetings[count++] = (struct meeting){.fd = client};
    }
  }
}

/* select, and a table of connections. */
#include "common.h"
#include <fcntl.h>
#include <sys/select.h>

#if defined BUG_TABLE_OF_TEN
#define SEATS 10
#elif defined BUG_SEATS_STAY_TAKEN
#define SEATS 100
#else
#define SEATS 1000
#endif

static struct meeting seats[SEATS];
#ifdef BUG_HIGHEST_IS_NEWEST
static int newest;
#endif

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  int listener = listen_on(argc, argv, SOMAXCONN);
  for (int at = 0; at < SEATS; at++) seats[at].fd = -1;
  for (;;) {
#ifdef BUG_SET_ONCE
    /* select leaves in it only what is ready. */
    static fd_set wanted;
    static int highest;
    if (highest == 0) FD_SET(listener, &wanted);
    if (highest == 0) highest = listener;
#ifdef BUG_LISTENER_AGAIN
    FD_SET(listener, &wanted);
#endif
#else
    fd_set wanted;
    FD_ZERO(&wanted);
    FD_SET(listener, &wanted);
    int highest = listener;
    for (int at = 0; at < SEATS; at++) {
      if (seats[at].fd < 0 || seats[at].waits_for_z == 2) continue;
      FD_SET(seats[at].fd, &wanted);
#ifdef BUG_HIGHEST_IS_NEWEST
      if (seats[at].fd == newest) highest = newest;
#else
      if (seats[at].fd > highest) highest = seats[at].fd;
#endif
    }
#endif
#ifdef BUG_BUSY
    struct timeval never = {0, 0};
    if (select(highest + 1, &wanted, NULL, NULL, &never) < 0) continue;
#else
    if (select(highest + 1, &wanted, NULL, NULL, NULL) < 0) continue;
#endif
    if (FD_ISSET(listener, &wanted)) {
      int client = accept(listener, NULL, NULL);
#ifdef BUG_HIGHEST_IS_NEWEST
      newest = client;
#endif
#ifdef BUG_ALL_READY
      fcntl(client, F_SETFL, O_NONBLOCK);
#endif
      int at = 0;
      while (at < SEATS && seats[at].fd >= 0) at++;
      if (at == SEATS) close(client);
      else if (client >= 0) seats[at] = (struct meeting){.fd = client};
#ifdef BUG_SET_ONCE
      FD_SET(client, &wanted);
      if (client > highest) highest = client;
      continue;
#endif
#ifdef BUG_READS_AT_ACCEPT
      fcntl(client, F_SETFL, O_NONBLOCK);
      if (!step(&seats[at])) {
        close(client);
        seats[at].fd = -1;
      }
#endif
    }
    for (int at = 0; at < SEATS; at++) {
      if (seats[at].fd < 0 || seats[at].waits_for_z == 2 || !FD_ISSET(seats[at].fd, &wanted)) continue;
#ifdef BUG_ALL_READY
      /* A row that was served already is served again, and has nothing to say. */
      if (at + 1 < SEATS && seats[at + 1].fd >= 0 && FD_ISSET(seats[at + 1].fd, &wanted) && !step(&seats[at + 1])) {
        close(seats[at + 1].fd);
        seats[at + 1].fd = -1;
      }
#endif
#ifdef BUG_WHOLE_HANDSHAKE
      while (step(&seats[at])) {
      }
#else
      if (step(&seats[at])) continue;
#endif
#ifdef BUG_SET_ONCE
      FD_CLR(seats[at].fd, &wanted);
#endif
      close(seats[at].fd);
#ifdef BUG_SEATS_STAY_TAKEN
      seats[at].waits_for_z = 2;
#else
      seats[at].fd = -1;
#endif
    }
  }
}

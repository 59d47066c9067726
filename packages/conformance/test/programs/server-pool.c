/* Threads that are there from the beginning, each with an accept of its own. */
#include "common.h"
#include <pthread.h>

#if defined TWO_SEATS
#define SEATS 2
#elif defined THREE_SEATS
#define SEATS 3
#else
#define SEATS 16
#endif

static int listener;

static void *work(void *unused) {
  (void)unused;
  for (;;) {
    struct meeting meeting = {.fd = accept(listener, NULL, NULL)};
    if (meeting.fd < 0) continue;
    while (step(&meeting)) {
    }
    close(meeting.fd);
  }
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  listener = listen_on(argc, argv, SOMAXCONN);
  for (int at = 1; at < SEATS; at++) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
  }
  work(NULL);
}

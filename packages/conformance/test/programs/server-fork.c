/* A process for each connection. */
#include "common.h"

#ifdef BUG_WAITS_ONCE
#include <sys/wait.h>
static void reap(int signal) { wait(NULL); }
#endif

int main(int argc, char **argv) {
#ifdef BUG_WAITS_ONCE
  signal(SIGCHLD, reap);
#elif !defined BUG_ZOMBIES
  signal(SIGCHLD, SIG_IGN);
#endif
  int listener = listen_on(argc, argv, SOMAXCONN);
  for (;;) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    if (fork() == 0) {
#ifndef BUG_CHILD_GOES_ON
      close(listener);
#endif
      struct meeting meeting = {.fd = client};
      while (step(&meeting)) {
      }
#ifndef BUG_CHILD_GOES_ON
      exit(0);
#endif
    }
#ifndef BUG_PARENT_KEEPS
    close(client);
#endif
  }
}

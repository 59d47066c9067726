/* A process for each connection. */
#include "common.h"

int main(int argc, char **argv) {
#ifndef BUG_ZOMBIES
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

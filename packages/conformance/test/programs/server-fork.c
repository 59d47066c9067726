/* A process for each connection. */
#include "common.h"
#include <sys/wait.h>

#ifdef BUG_INTERRUPTED
static void bury(int unused) { wait(NULL); }
#endif

int main(int argc, char **argv) {
#if defined BUG_INTERRUPTED
  sigaction(SIGCHLD, &(struct sigaction){.sa_handler = bury}, NULL);
#elif !defined BUG_ZOMBIES
  signal(SIGCHLD, SIG_IGN);
#endif
  int listener = listen_on(argc, argv, SOMAXCONN);
  for (;;) {
    int client = accept(listener, NULL, NULL);
#ifdef BUG_INTERRUPTED
    if (client < 0) {
      perror("accept");
      exit(1);
    }
#endif
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

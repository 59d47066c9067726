/* epoll with edges, so accept is repeated until no connection waits. */
#include "common.h"
#include <fcntl.h>
#include <sys/epoll.h>

#ifdef BUG_ONE_SHOT
#define ONCE EPOLLONESHOT
#else
#define ONCE 0
#endif

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  int listener = listen_on(argc, argv, SOMAXCONN);
  fcntl(listener, F_SETFL, O_NONBLOCK);
  int loop = epoll_create1(0);
  epoll_ctl(loop, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN | EPOLLET, .data.ptr = NULL});
  for (;;) {
    struct epoll_event events[64];
#ifdef BUG_HANG_UP_FIRST
    /* It has other things to do, so that it is not luck that both are there. */
    usleep(2000);
#endif
    int n = epoll_wait(loop, events, 64, -1);
    for (int at = 0; at < n; at++) {
      struct meeting *meeting = events[at].data.ptr;
      if (meeting) {
#ifdef BUG_HANG_UP_FIRST
        if (events[at].events & EPOLLRDHUP) {
          close(meeting->fd);
          free(meeting);
          continue;
        }
#endif
#ifdef BUG_GOES_ON_AT_END
        char next;
        if (recv(meeting->fd, &next, 1, MSG_PEEK) <= 0) continue;
#endif
        if (step(meeting)) continue;
        close(meeting->fd);
        free(meeting);
        continue;
      }
      int client;
      while ((client = accept(listener, NULL, NULL)) >= 0) {
        meeting = calloc(1, sizeof *meeting);
        meeting->fd = client;
        epoll_ctl(loop, EPOLL_CTL_ADD, client,
                  &(struct epoll_event){.events = EPOLLIN | EPOLLRDHUP | ONCE, .data.ptr = meeting});
#ifdef BUG_ONE_ACCEPT_PER_EDGE
        usleep(3000);
        break;
#endif
      }
    }
  }
}

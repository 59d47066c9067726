/* A thread for each connection. With -DROBUST it gathers bytes, and takes nothing for granted. */
#include "common.h"
#include <pthread.h>

#if defined BUG_GLOBAL_STATE
static struct meeting shared;
#endif

#ifdef BUG_LOCK_STAYS
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
#endif

#ifdef BUG_SEATS
static int seats = 40;
#endif

#ifdef BUG_TORN
static void print_in_pieces(const char *text) {
  for (; *text; text++) {
    write(1, text, 1);
    if (*text == ' ') sched_yield();
  }
  sched_yield();
  write(1, "\n", 1);
}
#define say print_in_pieces
#endif

static void *serve(void *given) {
#ifdef BUG_ADDRESS_OF_LOOP_VARIABLE
  usleep(2000);
  int fd = *(int *)given;
#else
  int fd = (int)(long)given;
#endif
#ifdef BUG_GLOBAL_STATE
  struct meeting *meeting = &shared;
#else
  struct meeting own, *meeting = &own;
#endif
  char buffer[1024];
  int x;
#ifdef BUG_GLOBAL_STATE
  int mine = fd;
#else
  own.fd = fd;
#endif
#ifdef BUG_SEATS
  if (__sync_sub_and_fetch(&seats, 1) < 0) {
    __sync_add_and_fetch(&seats, 1);
    close(fd);
    return NULL;
  }
#endif
  if (receive(fd, buffer, sizeof buffer) > 0 && sscanf(buffer, "HELLO %d", &x) == 1) {
    say(buffer);
    meeting->expected = x + 2;
    int length = sprintf(buffer, "HELLO %d", x + 1);
    send(fd, buffer, length, MSG_NOSIGNAL);
    int z;
    if (receive(fd, buffer, sizeof buffer) > 0) {
      say(buffer);
#ifdef BUG_SEATS
      __sync_add_and_fetch(&seats, 1);
#endif
#ifdef BUG_LOCK_STAYS
      pthread_mutex_lock(&lock);
      if (sscanf(buffer, "HELLO %d", &z) != 1 || z != meeting->expected) {
        say("ERROR");
        close(fd);
        return NULL;
      }
      pthread_mutex_unlock(&lock);
#endif
      if (sscanf(buffer, "HELLO %d", &z) != 1 || z != meeting->expected) say("ERROR");
    }
  }
#ifdef BUG_KEEPS_GARBAGE
  else if (buffer[0]) return NULL;
#endif
#ifdef BUG_GLOBAL_STATE
  fd = mine;
#endif
  close(fd);
#ifdef BUG_THREADS_STAY
  pause();
#endif
  return NULL;
}

#ifdef BUG_ARRAY_OF_THREADS
static pthread_t threads[64];
static int used;
#endif

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  int listener = listen_on(argc, argv, SOMAXCONN);
#ifdef BUG_ADDRESS_OF_LOOP_VARIABLE
  int client;
#endif
  for (;;) {
#ifdef BUG_ADDRESS_OF_LOOP_VARIABLE
    client = accept(listener, NULL, NULL);
    void *argument = &client;
#else
    int client = accept(listener, NULL, NULL);
    void *argument = (void *)(long)client;
#endif
    if (client < 0) continue;
    pthread_t thread;
#ifdef BUG_ARRAY_OF_THREADS
    if (used == 64) exit(1);
    pthread_create(&threads[used++], NULL, serve, argument);
    continue;
#endif
    if (pthread_create(&thread, NULL, serve, argument) != 0) {
      close(client);
      continue;
    }
#ifdef BUG_JOINS_AT_ONCE
    pthread_join(thread, NULL);
#elif !defined BUG_NEVER_JOINED
    pthread_detach(thread);
#endif
  }
}

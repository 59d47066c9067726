/* A thread for each connection that gathers bytes until a whole message is there: passes everything, also --strict. */
#include "common.h"
#include <poll.h>
#include <pthread.h>

static int is_end(char c) { return c == 0 || c == '\n' || c == '\r'; }

struct stream {
  int fd;
  int length;
  char bytes[256];
};

/* One message as a text without its terminators; 0 at the end of the stream, -1 for what is none. */
static int next(struct stream *in, char *message, const char *wanted) {
  for (;;) {
    while (in->length > 0 && is_end(in->bytes[0])) memmove(in->bytes, in->bytes + 1, --in->length);
    int end = 0;
    while (end < in->length && !is_end(in->bytes[end]) && !(end > 6 && in->bytes[end] == 'H')) end++;
    int digits = end > 6 && strspn(in->bytes + 6 + (in->bytes[6] == '-'), "0123456789") > 0;
    int certain = end < in->length;
    /* If the next message is known, a part of it is worth a wait; otherwise a pause ends the number. */
    int beginning = wanted && (int)strlen(wanted) > end && strncmp(wanted, in->bytes, end) == 0;
    int partial = end < 7 && strncmp("HELLO ", in->bytes, end < 6 ? end : 6) == 0;
    if (end > 64) return -1;
    if (end > 0 && (certain || (digits && !beginning) || (!partial && !beginning))) {
      memcpy(message, in->bytes, end);
      message[end] = 0;
      memmove(in->bytes, in->bytes + end, in->length - end);
      in->length -= end;
      in->bytes[in->length] = 0;
      return digits && strncmp(message, "HELLO ", 6) == 0 ? 1 : -1;
    }
    struct pollfd wait = {.fd = in->fd, .events = POLLIN};
    int n = poll(&wait, 1, beginning || partial ? (end > 0 ? 250 : -1) : -1) > 0
                ? recv(in->fd, in->bytes + in->length, sizeof in->bytes - 1 - in->length, 0)
                : 0;
    if (n <= 0) return end > 0 ? -1 : 0;
    in->length += n;
    in->bytes[in->length] = 0;
  }
}

static void *serve(void *given) {
  struct stream in = {.fd = (int)(long)given};
  char message[256], wanted[64];
  int got = next(&in, message, NULL);
  if (got > 0) {
    long long x = atoll(message + 6);
    say(message);
    int length = sprintf(message, "HELLO %lld", x + 1);
    send(in.fd, message, length, MSG_NOSIGNAL);
    sprintf(wanted, "HELLO %lld", x + 2);
    got = next(&in, message, wanted);
    if (got > 0) {
      say(message);
      if (strcmp(message, wanted) != 0) say("ERROR");
    }
  }
  if (got < 0) say("ERROR");
  close(in.fd);
  return NULL;
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  int listener = listen_on(argc, argv, SOMAXCONN);
  for (;;) {
    int client = accept(listener, NULL, NULL);
    pthread_t thread;
    if (client < 0) continue;
    if (pthread_create(&thread, NULL, serve, (void *)(long)client) == 0) pthread_detach(thread);
    else close(client);
  }
}

/* One handshake, one recv. Right as it stands; each -DBUG_... plants one mistake. */
#include "common.h"
#ifdef BUG_ASSERTS
#include <assert.h>
#endif

#ifdef BUG_TINY_BUFFER
#define SIZE 12
#else
#define SIZE 256
#endif

static void print(const char *text) {
#if defined BUG_PRINTS_NOTHING
#elif defined BUG_PREFIX
  printf("Server says: %s\n", text);
#elif defined BUG_NO_NEWLINE
  printf("%s", text);
#elif defined BUG_STDERR
  fprintf(stderr, "%s\n", text);
#elif defined BUG_WHOLE_BUFFER_OUT
  fwrite(text, 1, 64, stdout);
  printf("\n");
#else
  printf("%s\n", text);
#endif
#if !defined BUG_NO_FLUSH && !defined BUG_ENDS_UNFLUSHED
  fflush(stdout);
#endif
}

static void hello(int fd, int number, char *out) {
#if defined BUG_NEWLINE || defined BUG_LINES
  int length = sprintf(out, "HELLO %d\n", number);
#elif defined BUG_NO_SIGN
  int length = sprintf(out, "HELLO %lu", (unsigned long)number);
#elif defined BUG_LENGTH_IN_FRONT
  int length = 2 + sprintf(out + 2, "HELLO %d", number);
  out[0] = 0;
  out[1] = length - 2;
#elif defined BUG_PADS_SHORT_NUMBERS
  int length = sprintf(out, "HELLO %03d", number);
#elif defined BUG_LOWER_CASE
  int length = sprintf(out, "hello %d", number);
#else
  int length = sprintf(out, "HELLO %d", number);
#endif
#if defined SEND_NUL || defined BUG_LINES
  length++;
#elif defined SEND_BUFFER
  memset(out + length, 0, 100 - length);
  length = 100;
#elif defined BUG_FIXED_LENGTH
  length = 8;
#endif
#ifdef BUG_TWO_WRITES
  send(fd, out, 6, MSG_NOSIGNAL);
  send(fd, out + 6, length - 6, MSG_NOSIGNAL);
#else
  send(fd, out, length, MSG_NOSIGNAL);
#endif
#ifdef BUG_PRINTS_SENT
  printf("%s\n", out);
#endif
}

static void error(void) {
#if defined BUG_NO_ERROR || defined BUG_SENDS_ERROR
#elif defined BUG_ERROR_TEXT || defined BUG_ERROR_TEXT_AND_Z
  printf("sequence mismatch\n");
#elif defined ERROR_ON_STDERR
  fprintf(stderr, "ERROR\n");
#elif defined BUG_ERROR_OPEN
  printf("ERROR");
#elif defined BUG_ERROR_TWICE
  printf("ERROR\nERROR\n");
#elif defined BUG_ENDS_AT_ONCE
  printf("ERROR\n");
  _exit(1);
#else
  printf("ERROR\n");
#endif
  fflush(stdout);
}

int main(int argc, char **argv) {
#ifdef BUG_NEVER_CONNECTS
  sleep(60);
#endif
#ifndef BUG_NO_ARGC
#ifdef BUG_SENDS_NULL
  if (argc < 3) {
#else
  if (argc != 4) {
#endif
    fprintf(stderr, "usage: %s host port sequence\n", argv[0]);
    return 1;
  }
#endif
#ifdef BUG_SENDS_NULL
  int x = atoi(argv[3] ? argv[3] : "0");
#else
  int x = atoi(argv[3]);
#endif
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  inet_pton(AF_INET, argv[1], &at.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
#ifdef BUG_RETRIES_FOR_EVER
  while (connect(fd, (struct sockaddr *)&at, sizeof at) < 0) usleep(100000);
#else
  if (connect(fd, (struct sockaddr *)&at, sizeof at) < 0) {
    perror("connect");
    return 2;
  }
#endif
#ifdef BUG_GREETING
  printf("Connected\n");
  fflush(stdout);
#endif
  char buffer[SIZE < 128 ? SIZE : 128 + SIZE];
  memset(buffer, 0, sizeof buffer);
#ifdef BUG_IGNORES_X
  x = 1;
#endif
#ifdef BUG_SENDS_NULL
  sprintf(buffer, "HELLO %s", argv[3] ? argv[3] : "(null)");
  send(fd, buffer, strlen(buffer), 0);
#elif defined BUG_SENDS_NUMBER
  send(fd, argv[3], strlen(argv[3]), 0);
#else
  hello(fd, x, buffer);
#endif
#ifdef BUG_SENDS_Z_EARLY
  usleep(20000);
  char early[64];
  hello(fd, x + 2, early);
#endif
#if defined BUG_UNENDED
  memset(buffer, '9', 64);
#endif
#if defined BUG_STALE || defined BUG_UNENDED
  int n = recv(fd, buffer, sizeof buffer - 1, 0);
#elif defined BUG_UNTIL_NUL
  int n = 0;
  while (n < 100 && recv(fd, buffer + n, 1, 0) == 1)
    if (buffer[n++] == 0) break;
#elif defined BUG_UNTIL_END
  int n = 0;
  for (int part; (part = recv(fd, buffer + n, 100, 0)) > 0;) n += part;
  buffer[n] = 0;
#elif defined BUG_NEVER_READS
  int n = sleep(60);
#elif defined BUG_IMPATIENT
  struct timeval soon = {0, 200000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
  int n = recv(fd, buffer, sizeof buffer - 1, 0);
  buffer[n > 0 ? n : 0] = 0;
#elif defined BUG_READS_LENGTH_OF_SENT
  int n = receive(fd, buffer, strlen(buffer) + 1);
#elif defined BUG_OVERFLOW
  char large[8192];
  int n = receive(fd, large, sizeof large);
  strcpy(buffer, large);
#elif defined BUG_LOOPS_AT_END
  int n;
  while ((n = receive(fd, buffer, sizeof buffer)) <= 0) usleep(1000);
#else
  int n = receive(fd, buffer, sizeof buffer);
#endif
#ifdef BUG_THROWS
  if (n <= 0 || strpbrk(buffer, "0123456789") == NULL) throws("std::invalid_argument");
  if (n > 100) throws("std::out_of_range");
#endif
#ifndef BUG_STRTOK_AT_END
  if (n <= 0) {
#ifdef BUG_SILENT_AT_RESET
    if (n == 0)
#endif
#ifndef BUG_SILENT_AT_END
    error();
#endif
    return 1;
  }
#endif
#ifdef BUG_ERROR_FIRST
  if (atoi(buffer + 6) != x + 1) error();
#endif
#ifndef BUG_PRINTS_LAST
#ifdef BUG_PRINTS_ONLY_RIGHT
  if (atoi(buffer + 6) == x + 1)
#endif
    print(buffer);
#endif
  int y = 0;
#if defined BUG_SSCANF_KEEPS
  y = x + 1;
  sscanf(buffer, "HELLO %d", &y);
  int right = y == x + 1;
#elif defined BUG_STRTOK || defined BUG_STRTOK_AT_END
  char copy[SIZE];
  strtok(strcpy(copy, buffer), " ");
  y = atoi(strtok(NULL, " "));
  int right = y == (int)((unsigned)x + 1u);
#elif defined BUG_NARROW
  char wanted[9];
  snprintf(wanted, sizeof wanted, "HELLO %d", x + 1);
  y = x + 1;
  int right = strcmp(buffer, wanted) == 0;
#elif defined BUG_LINES
  char wanted[32];
  sprintf(wanted, "HELLO %d\n", x + 1);
  y = x + 1;
  int right = n > strlen(wanted) && strcmp(buffer, wanted) == 0;
#elif defined BUG_COMPARES_EIGHT
  char wanted[32];
  sprintf(wanted, "HELLO %d", x + 1);
  y = x + 1;
  int right = strncmp(buffer, wanted, 8) == 0;
#elif defined BUG_BELOW_ZERO_IS_NOTHING
  int right = sscanf(buffer, "HELLO %d", &y) == 1 && y >= 0 && y == x + 1;
#elif defined BUG_ZERO_IS_NOTHING
  int right = sscanf(buffer, "HELLO %d", &y) == 1 && y && y == x + 1;
#elif defined BUG_AT_LEAST
  int right = sscanf(buffer, "HELLO %d", &y) == 1 && y > x;
#elif defined BUG_PREFIX_COMPARE
  char wanted[32];
  sprintf(wanted, "HELLO %d", x + 1);
  y = x + 1;
  int right = strncmp(buffer, wanted, strlen(wanted)) == 0;
#else
  int right = sscanf(buffer, "HELLO %d", &y) == 1 && y == (int)((unsigned)x + 1u);
#endif
#ifdef BUG_ASSERTS
  assert(right);
#endif
#ifdef BUG_NO_CHECK
  right = 1;
#endif
#ifdef BUG_ALWAYS_ERROR
  error();
#endif
  if (!right) {
#ifndef BUG_ERROR_FIRST
    error();
#endif
#ifdef BUG_SENDS_ERROR
    send(fd, "ERROR", 6, MSG_NOSIGNAL);
#endif
#ifdef BUG_OPEN_ON_ERROR
    receive(fd, buffer, sizeof buffer);
#endif
#if !defined BUG_Z_AFTER_ERROR && !defined BUG_ERROR_TEXT_AND_Z
    close(fd);
    return 1;
#endif
  }
#ifdef TAKES_ITS_TIME
  usleep(1200000);
#endif
#if defined BUG_SAME
  hello(fd, y, buffer);
#elif defined BUG_NO_Z
#elif defined BUG_LENGTH_OF_RECEIVED
  char out[64] = "";
  sprintf(out, "HELLO %d", y + 1);
  send(fd, out, n, MSG_NOSIGNAL);
#else
  char out[400];
  hello(fd, (int)((unsigned)y + 1u), out);
#endif
#ifdef BUG_PRINTS_LAST
  print(buffer);
#endif
#ifdef BUG_CLOSES_HALF
  shutdown(fd, SHUT_WR);
  receive(fd, buffer, sizeof buffer);
#endif
#ifdef BUG_WAITS_FOR_MORE
  if (receive(fd, buffer, sizeof buffer) <= 0) error();
#endif
#ifdef BUG_WAITS_FOR_SERVER
  receive(fd, buffer, sizeof buffer);
#endif
  close(fd);
#ifdef BUG_RUNS_ON
  sleep(30);
#endif
#ifdef BUG_ENDS_UNFLUSHED
  _exit(0);
#endif
#ifdef BUG_STATUS
  return 1;
#endif
  return 0;
}

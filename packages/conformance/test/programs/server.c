/* One client after the other, one recv per message. Right as it stands; each -DBUG_... plants one mistake. */
#include "common.h"
#ifdef BUG_ASSERTS
#include <assert.h>
#endif

#ifdef BUG_TINY_BUFFER
#define SIZE 12
#else
#define SIZE 1024
#endif

#if defined BUG_STALE || defined BUG_ANSWER_STAYS
static char in[SIZE];
#endif

#ifdef BUG_LITTLE_ROOM
static char replies[512];
#elif defined BUG_STRCAT
static char replies[8192];
#endif

#ifdef BUG_COUNTER_STAYS
static int messages, expected;
#endif

static void print(const char *text) {
#if defined BUG_PREFIX
  printf("Received: %s\n", text);
#elif defined BUG_COLOUR
  printf("\x1b[32m%s\x1b[0m\n", text);
#elif defined BUG_NO_NEWLINE
  printf("%s", text);
#elif defined BUG_STDERR
  fprintf(stderr, "%s\n", text);
#elif defined BUG_PRINTS_NUMBER
  printf("%d\n", atoi(text + 6));
#elif defined BUG_WHOLE_BUFFER_OUT
  char whole[64];
  memset(whole, '#', sizeof whole);
  memcpy(whole, text, strnlen(text, 63) + 1);
  fwrite(whole, 1, 64, stdout);
  printf("\n");
#elif defined BUG_NULS_OUT
  char whole[64] = "";
  strncpy(whole, text, 63);
  fwrite(whole, 1, 64, stdout);
  printf("\n");
#elif defined BUG_BLANK_LINES
  printf("%s\n\n", text);
#elif defined BUG_TWICE
  printf("%s\n%s\n", text, text);
#elif defined BUG_CUT_LINE
  printf("%.9s\n", text);
#else
  printf("%s\n", text);
#endif
#ifndef BUG_NO_FLUSH
  fflush(stdout);
#endif
}

static void error(void) {
#if defined BUG_NO_ERROR || defined BUG_SENDS_ERROR
#elif defined BUG_ERROR_TEXT
  printf("Wrong number\n");
#elif defined BUG_ERROR_LOWER
  printf("Error\n");
#elif defined BUG_ERROR_OPEN
  printf("ERROR");
#elif defined BUG_ERROR_TWICE
  printf("ERROR\nERROR\n");
#elif defined BUG_ERROR_UNFLUSHED
  printf("ERROR\n");
  return;
#elif defined ERROR_ON_STDERR
  fprintf(stderr, "ERROR: wrong number\n");
#else
  printf("ERROR\n");
#endif
  fflush(stdout);
#if defined BUG_EXIT_ON_ERROR || defined BUG_EXIT_ON_ANYTHING
  exit(1);
#endif
}

/* Returns the bytes that came; 0 or less: the connection is over. */
static int take(int client, char *buffer) {
#if defined BUG_STALE || defined BUG_ANSWER_STAYS || defined BUG_Z_OVER_X
  return recv(client, buffer, SIZE - 1, 0);
#elif defined BUG_UNENDED || defined BUG_DIGITS_IN_MEMORY
  memset(buffer, 0, SIZE);
#ifdef BUG_UNENDED
  memset(buffer, 0xaf, 64);
#else
  memset(buffer, '9', 64);
#endif
  return recv(client, buffer, SIZE - 1, 0);
#elif defined BUG_MINUS_ONE
  int n = recv(client, buffer, SIZE - 1, 0);
  volatile long at = (long)n * 4096;
  buffer[n < 0 ? at * 4096 : n] = 0;
  return n;
#elif defined BUG_UNTIL_NUL
  int n = 0;
  while (n < SIZE - 1 && recv(client, buffer + n, 1, 0) == 1)
    if (buffer[n++] == 0) return n;
  return 0;
#elif defined BUG_UNTIL_NEWLINE
  int n = 0;
  while (n < SIZE - 1 && recv(client, buffer + n, 1, 0) == 1)
    if (buffer[n++] == '\n') {
      buffer[n - 1] = 0;
      return n;
    }
  return 0;
#elif defined BUG_STALE_BEHIND_NUL
  /* A text of the whole buffer, as new String(bytes).trim() makes one: a NUL does not end it. */
  static char all[SIZE];
  int n = recv(client, all, SIZE - 1, 0), length = SIZE - 1;
  while (length > 0 && all[length - 1] <= ' ') length--;
  memcpy(buffer, all, length);
  buffer[length] = 0;
  return n > 0 && strlen(buffer) < length ? -1 : n;
#elif defined BUG_UNTIL_END
  int n = 0, more;
  while ((more = receive(client, buffer, SIZE)) > 0) n = more;
  return n;
#elif defined BUG_WAITALL
  int n = recv(client, buffer, 32, MSG_WAITALL);
  buffer[n > 0 ? n : 0] = 0;
  return n;
#elif defined BUG_OVERFLOW
  char large[8192];
  int n = receive(client, large, sizeof large);
  strcpy(buffer, large);
  return n;
#elif defined BUG_SPIN_AT_END
  int n;
  while ((n = receive(client, buffer, SIZE)) == 0) usleep(0);
  return n;
#elif defined BUG_TOO_EARLY
  /* The first client of a process is in luck only if it speaks at once. */
  static int messages;
  struct timeval soon = {0, 10000}, never = {0, 0};
  if (messages == 0) setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
  int n = receive(client, buffer, SIZE);
  if (messages++ == 0) setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &never, sizeof never);
  return n;
#elif defined BUG_IMPATIENT || defined TIME_LIMIT
#ifdef TIME_LIMIT
  struct timeval soon = {1, 0};
#else
  struct timeval soon = {0, 300000};
#endif
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
  int n = recv(client, buffer, SIZE - 1, 0);
  buffer[n > 0 ? n : 0] = 0;
  return n;
#else
  return receive(client, buffer, SIZE);
#endif
}

static void answer(int client, int y, int received) {
  char out[SIZE < 64 ? 64 : SIZE];
#ifdef BUG_DIRTY_BUFFER
  memcpy(out, "what was here before, and longer", 32);
#else
  memset(out, 0, sizeof out);
#endif
#if defined BUG_NEWLINE
  int length = sprintf(out, "HELLO %d\n", y);
#elif defined BUG_OWN_DIGITS
  int length = sprintf(out, "HELLO ");
  for (int digits = y, unit = 1000000000; unit > 0; unit /= 10)
    if (digits >= unit || unit == 1 && digits == 0) length += sprintf(out + length, "%d", digits / unit % 10);
#elif defined BUG_FOUR_DIGITS
  snprintf(out, 11, "HELLO %d", y);
  int length = strlen(out);
#elif defined BUG_TEXT_PLUS_ONE
  int length = sprintf(out, "HELLO %d1", y - 1);
#elif defined BUG_NO_SIGN
  int length = sprintf(out, "HELLO %u", (unsigned)y);
#elif defined BUG_LOWER_CASE
  int length = sprintf(out, "Hello %d", y);
#elif defined BUG_PADDED_NUMBER
  int length = sprintf(out, "HELLO %05d", y);
#elif defined BUG_PADS_SHORT_NUMBERS
  int length = sprintf(out, "HELLO %03d", y);
#elif defined BUG_NO_WORD
  int length = sprintf(out, "%d", y);
#else
  int length = sprintf(out, "HELLO %d", y);
#endif
#if defined BUG_LENGTH_OF_RECEIVED
  length = received;
#elif defined SEND_NUL
  length++;
#elif defined SEND_BUFFER
  length = 100;
#elif defined BUG_DIRTY_BUFFER
  length = 32;
#elif defined BUG_SIZE_OF_POINTER
  length = sizeof(char *);
#endif
#ifdef TAKES_ITS_TIME
  usleep(1200000);
#endif
#ifdef BUG_STRCAT
  strncat(replies, out, sizeof replies - 1 - strlen(replies));
  send(client, replies, strlen(replies), 0);
#elif defined BUG_SHUTS_FIRST
  shutdown(client, SHUT_RDWR);
  send(client, out, length, MSG_NOSIGNAL);
#elif defined BUG_TWO_WRITES
  send(client, out, 6, MSG_NOSIGNAL);
  send(client, out + 6, length - 6, MSG_NOSIGNAL);
#else
  send(client, out, length, 0);
#endif
#ifdef BUG_ANSWERS_TWICE
  usleep(20000);
  send(client, out, length, MSG_NOSIGNAL);
#endif
}

#ifdef BUG_COUNTER_STAYS
/* Every second message is a Z, whichever client sends it. */
static void serve(int client) {
  char buffer[SIZE];
  int number;
  while (take(client, buffer) > 0) {
    int is_hello = sscanf(buffer, "HELLO %d", &number) == 1;
    print(buffer);
    if (++messages % 2) {
      if (!is_hello) number = 0;
      expected = (int)((unsigned)number + 2u);
      answer(client, (int)((unsigned)number + 1u), 0);
      continue;
    }
    if (!is_hello || number != expected) error();
#ifndef BUG_WAITS_FOR_CLOSE
    return;
#endif
  }
}
#else
static void serve(int client) {
#if defined BUG_STALE
  char *buffer = in;
#elif defined BUG_ANSWER_STAYS
  char *buffer = in;
  memset(in, 0, sizeof in);
#elif defined BUG_Z_OVER_X
  char buffer[SIZE] = "";
#else
  char buffer[SIZE];
#endif
  int n = take(client, buffer);
#ifdef BUG_EXIT_ON_EOF
  if (n == 0) exit(1);
#endif
#ifdef BUG_EXIT_ON_RESET
  if (n < 0) exit(1);
#endif
#ifdef BUG_ERROR_AT_PROBE
  if (n == 0) printf("ERROR\n");
#endif
#ifdef BUG_EXIT_ON_ANYTHING
  if (n <= 0) error();
#endif
#ifdef DIAGNOSES_LEAVERS
  if (n <= 0) perror("ERROR on reading from socket");
#endif
#ifdef BUG_LEAVES_THE_LOOP
  if (n <= 0 || strncmp(buffer, "HELLO ", 6) != 0 || n > 100) exit(0);
#endif
#ifdef BUG_THROWS_AT_RESET
  if (n < 0) throws("java.net.SocketException");
#endif
#ifdef BUG_THROWS
  if (n <= 0 || strpbrk(buffer, "0123456789") == NULL) throws("std::invalid_argument");
  if (n > 100) throws("std::out_of_range");
#endif
#ifdef BUG_SIGPIPE
  if (n <= 0) strcpy(buffer, "HELLO 0");
#else
  if (n <= 0) return;
#endif
#ifdef BUG_STRTOK
  char copy[SIZE];
  strcpy(copy, buffer);
  strtok(copy, " ");
  int x = atoi(strtok(NULL, " "));
#else
#ifdef BUG_FORMAT
  printf(buffer);
  printf("\n");
  fflush(stdout);
#endif
#if defined BUG_CHAR
  signed char x;
  if (sscanf(buffer, "HELLO %hhd", &x) != 1) return;
#elif defined BUG_SHORT
  short x;
  if (sscanf(buffer, "HELLO %hd", &x) != 1) return;
#elif defined BUG_EXIT_ON_GARBAGE
  int x;
  if (sscanf(buffer, "HELLO %d", &x) != 1) {
    fprintf(stderr, "IndexError: list index out of range\n");
    close(client);
    /* What a language does before it is gone. */
    for (clock_t until = clock() + CLOCKS_PER_SEC / 15; clock() < until;) {
    }
    exit(1);
  }
#elif defined BUG_READS_FOUR_DIGITS
  int x;
  if (sscanf(buffer, "HELLO %4d", &x) != 1) return;
#elif defined BUG_FLOAT
  float x;
  if (sscanf(buffer, "HELLO %f", &x) != 1) return;
#elif defined BUG_UNSIGNED
  int x;
  char sign;
  if (sscanf(buffer, "HELLO %d", &x) != 1 || sscanf(buffer, "HELLO %c", &sign) != 1 || sign == '-') return;
#elif defined BUG_SKIPS_SIGN
  int x = atoi(strpbrk(buffer, "0123456789") ? strpbrk(buffer, "0123456789") : "0");
#else
  int x;
  if (sscanf(buffer, "HELLO %d", &x) != 1) return;
#endif
#endif
#ifdef BUG_ZERO
  if (x == 0) return;
#endif
#ifdef BUG_ATOI_OF_ALL
  x = atoi(buffer);
#endif
#ifdef BUG_COMPARES_X
  int number = x;
  if (number != x + 2) error();
#endif
#ifndef BUG_PRINTS_NOTHING
#ifdef BUG_PRINTS_LATE
  char first[SIZE];
  strcpy(first, buffer);
#else
#if !defined BUG_SENDS_FIRST && !defined BUG_FORMAT
  print(buffer);
#endif
#endif
#endif
#if defined BUG_SAME
  int y = (int)x;
#elif defined BUG_PLUS_TWO
  int y = x + 2;
#else
  int y = (int)((unsigned)(int)x + 1u);
#endif
#ifdef BUG_TRAPS
  if (x == 2147483647) abort();
#endif
#ifdef BUG_FLOAT
  y = (int)(x + 1);
#endif
  answer(client, y, n);
#ifdef BUG_ANSWER_STAYS
  sprintf(buffer, "HELLO %d", y);
#endif
#ifdef BUG_SENTINEL
  if (x == -1) {
    n = take(client, buffer);
    if (n <= 0 || sscanf(buffer, "HELLO %d", &x) != 1) return;
    print(buffer);
    y = x + 1;
    answer(client, y, n);
  }
#endif
#ifdef BUG_SENDS_FIRST
  usleep(20000);
  print(buffer);
#endif
#ifdef BUG_PRINTS_ANSWER
  printf("HELLO %d\n", y);
#endif
#ifdef BUG_CLOSES_BEFORE_Z
  return;
#endif
#ifdef BUG_CLOSES_IF_NOT_THERE
  usleep(2000);
  n = recv(client, buffer, SIZE - 1, MSG_DONTWAIT);
  buffer[n > 0 ? n : 0] = 0;
#elif defined BUG_READS_LENGTH_OF_X
  n = recv(client, buffer, n, 0);
  buffer[n > 0 ? n : 0] = 0;
#else
  n = take(client, buffer);
#endif
#ifdef BUG_EXIT_ON_EOF_FOR_Z
  if (n == 0) exit(1);
#endif
#ifdef BUG_EXIT_ON_RESET
  if (n < 0) exit(1);
#endif
#ifdef BUG_ERROR_WHEN_LEFT
  if (n == 0) error();
#endif
#ifdef BUG_EXIT_ON_ANYTHING
  if (n <= 0) error();
#endif
#ifdef DIAGNOSES_LEAVERS
  if (n <= 0) perror("ERROR on reading from socket");
#endif
  if (n <= 0) return;
#ifdef BUG_PRINTS_LATE
  print(first);
#endif
#ifdef BUG_THROWS
  if (strpbrk(buffer, "0123456789") == NULL) throws("std::invalid_argument");
  if (n > 100) throws("std::out_of_range");
#endif
#ifdef BUG_EXIT_AT_Z
  fprintf(stderr, "zNum != xNum + 2\n");
  exit(1);
#endif
  int z = 0;
#if defined BUG_SSCANF_KEEPS
  z = y + 1;
  sscanf(buffer, "HELLO %d", &z);
  int right = z == y + 1;
#elif defined BUG_PREFIX_COMPARE
  char wanted[32];
  sprintf(wanted, "HELLO %d", (int)((unsigned)y + 1u));
  int right = strncmp(buffer, wanted, strlen(wanted)) == 0;
#elif defined BUG_COMPARES_EIGHT
  char wanted[32];
  sprintf(wanted, "HELLO %d", (int)((unsigned)y + 1u));
  int right = strncmp(buffer, wanted, 8) == 0;
#elif defined BUG_SHORT_EXPECTED
  short expected = y + 1;
  int right = sscanf(buffer, "HELLO %d", &z) == 1 && z == expected;
#elif defined BUG_SKIPS_DIGIT
  int right = atoi(buffer + 7) == y + 1;
#elif defined BUG_WRONG_COMPARE
  int right = sscanf(buffer, "HELLO %d", &z) == 1 && z == y + 2;
#elif defined BUG_BELOW_ZERO_IS_NOTHING
  int right = sscanf(buffer, "HELLO %d", &z) == 1 && z >= 0 && z == y + 1;
#elif defined BUG_SHORT_COMPARE
  char wanted[10];
  snprintf(wanted, sizeof wanted, "HELLO %d", (int)((unsigned)y + 1u));
  int right = strcmp(buffer, wanted) == 0;
#elif defined BUG_NEWLINE_COMPARE
  char wanted[32];
  sprintf(wanted, "HELLO %d\n", (int)((unsigned)y + 1u));
  int right = strcmp(buffer, wanted) == 0;
#elif defined BUG_AT_LEAST
  int right = sscanf(buffer, "HELLO %d", &z) == 1 && z > y;
#else
  int right = sscanf(buffer, "HELLO %d", &z) == 1 && z == (int)((unsigned)y + 1u);
#endif
#ifdef BUG_ERROR_FIRST
  if (!right) error();
  right = 1;
#endif
#ifdef BUG_PRINTS_ONLY_RIGHT
  if (right)
#endif
#if !defined BUG_NO_THIRD && !defined BUG_PRINTS_NOTHING
#ifdef BUG_LAST_LINE_OPEN
    printf("%s", buffer), fflush(stdout);
#else
    print(buffer);
#endif
#endif
#ifdef BUG_ASSERTS
  assert(right);
#endif
  if (!right) error();
#ifdef BUG_HANGS_ON_ERROR
  if (!right) {
    close(client);
    pause();
  }
#endif
#ifdef BUG_SLEEPS_ON_ERROR
  if (!right) sleep(10);
#endif
#if defined BUG_SENDS_ERROR || defined BUG_SENDS_ERROR_TOO
  if (!right) send(client, "ERROR", 5, MSG_NOSIGNAL);
#endif
#ifdef BUG_OPEN_ON_ERROR
  if (!right) dup(client);
#endif
#ifdef BUG_ANSWERS_Z
  answer(client, z + 1, n);
#endif
#ifdef BUG_WAITS_FOR_CLOSE
  while (recv(client, buffer, SIZE - 1, 0) > 0) {
  }
#endif
#ifdef BUG_CLOSES_ONLY_ON_ERROR
  if (right) dup(client);
#endif
#ifdef BUG_KEEPS_A_COPY
  shutdown(client, SHUT_RDWR);
#endif
}
#endif

int main(int argc, char **argv) {
#ifdef BUG_GREETING_FIRST
  printf("Creating the socket\n");
  fflush(stdout);
#endif
#ifdef BUG_NO_ARGC
  char *port[] = {argv[0], argv[1] + 0, NULL};
  if (atoi(argv[1]) < 0) return 1;
  argv = port;
  argc = 2;
#endif
#ifdef BUG_DEFAULT_PORT
  char *other[] = {argv[0], "31999", NULL};
  if (argc == 1) argv = other, argc = 2;
#endif
#ifdef BUG_FIXED_PORT
  char *fixed[] = {argv[0], "31998", NULL};
  if (argc == 2) argv = fixed;
#endif
#if defined BUG_PORT_PLUS_ONE || defined BUG_NO_PORT
  char port[8] = "0";
#ifdef BUG_PORT_PLUS_ONE
  if (argc == 2) sprintf(port, "%d", atoi(argv[1]) + 1);
#endif
  char *ports[] = {argv[0], port, NULL};
  if (argc == 2) argv = ports;
#endif
#ifdef BUG_NO_HTONS
  char swapped[8];
  if (argc == 2) sprintf(swapped, "%d", ntohs(atoi(argv[1])));
  char *words[] = {argv[0], swapped, NULL};
  if (argc == 2) argv = words;
#endif
#ifndef BUG_SIGPIPE
  signal(SIGPIPE, SIG_IGN);
#endif
#ifdef BUG_BACKLOG
  int listener = listen_on(argc, argv, 1);
#else
  int listener = listen_on(argc, argv, SOMAXCONN);
#endif
#ifdef BUG_GREETING
  printf("Server listening on port %s \n", argv[1]);
  fflush(stdout);
#endif
#if defined BUG_GIVES_UP || defined BUG_FULL
  int clients = 0;
#endif
  for (;;) {
    int client = accept(listener, NULL, NULL);
#ifdef BUG_LEAK
    if (client < 0) exit(1);
#else
    if (client < 0) continue;
#endif
#ifdef BUG_KEEPS_A_COPY
    dup(client);
#endif
#ifdef BUG_FULL
    if (++clients > 40) {
      send(client, "ERROR full", 10, 0);
      close(client);
      continue;
    }
#endif
#ifdef BUG_NEVER_READS
    continue;
#endif
#ifdef BUG_LOGS_CLIENTS
    printf("client connected\n");
#endif
    serve(client);
#ifdef BUG_NEVER_CLOSES
    continue;
#endif
#ifdef BUG_LEAK
    shutdown(client, SHUT_RDWR);
    continue;
#endif
    close(client);
#ifdef BUG_ONE_CLIENT
    break;
#endif
#ifdef BUG_GIVES_UP
    if (++clients > 100) exit(0);
#endif
  }
  return 0;
}

/* Without stdio: read and write only. */
#include "common.h"

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  int listener = listen_on(argc, argv, 16);
  for (;;) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    long expected = 0;
    for (int round = 0; round < 2; round++) {
      char buffer[128];
      ssize_t n = read(client, buffer, sizeof buffer - 1);
      if (n <= 0) break;
      buffer[n] = 0;
      char *end;
      int is_hello = strncmp(buffer, "HELLO ", 6) == 0;
      long number = is_hello ? strtol(buffer + 6, &end, 10) : 0;
      is_hello = is_hello && end != buffer + 6;
      size_t length = strlen(buffer);
      buffer[length++] = '\n';
      write(1, buffer, length);
      if (!is_hello || (round == 1 && number != expected)) {
        write(1, "ERROR\n", 6);
        break;
      }
      if (round == 0) {
        write(client, buffer, sprintf(buffer, "HELLO %ld", number + 1));
        expected = number + 2;
      }
    }
    close(client);
  }
}

/*
 * One handshake as the client (HS-2.1, HS-2.3, HS-2.4): prints HELLO Y, and ERROR where it is wrong. Exit status:
 * 0 established, 1 the peer broke the protocol, 2 wrong usage, 3 could not connect.
 */
#include "hello.h"
#include <netdb.h>

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *first;
    int failure = getaddrinfo(host, port, &hints, &first);
    if (failure) {
        fprintf(stderr, "%s: %s\n", host, gai_strerror(failure));
        exit(3);
    }
    int fd = -1;
    for (struct addrinfo *each = first; each && fd < 0; each = each->ai_next) {
        fd = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
        if (fd >= 0 && connect(fd, each->ai_addr, each->ai_addrlen) < 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(first);
    if (fd < 0) {
        perror("connect");
        exit(3);
    }
    return fd;
}

int main(int argc, char **argv)
{
    parse_options(&argc, argv, 3, "HOST PORT SEQUENCE [--nul] [--int32]");
    options.print = true;
    begin_printing();
    long long x = strtoll(argv[3], NULL, 10);
    int fd = connect_to(argv[1], argv[2]);

    char received[RECEIVED_MAX];
    size_t held = 0;
    long long y;
    int used = 0;
    if (!send_hello(fd, x))
        used = -1;
    while (used == 0) {
        ssize_t count = recv(fd, received + held, sizeof received - held, 0);
        if (count <= 0)
            break;
        held += (size_t)count;
        size_t skip = 0;
        while (skip < held && is_terminator(received[skip]))
            skip++;
        held -= skip;
        memmove(received, received + skip, held);
        used = held == 0 ? 0 : held == sizeof received ? -1 : parse_hello(received, held, &y);
    }
    bool established = false;
    if (used > 0) {
        print_message(received, (size_t)used);
        established = y == successor(x);
        if (!established)
            puts("ERROR");
    } else if (held > 0) {
        print_garbage(received, held);
    } else {
        puts("ERROR");
    }
    if (established)
        established = send_hello(fd, successor(y));
    close(fd);
    return established ? 0 : 1;
}

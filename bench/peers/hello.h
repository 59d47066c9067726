/*
 * What the C peers share: options, the grammar of a message, printing, and one side of one conversation. A server adds
 * to this only when it reads from which connection. Clauses (HS-x.y) are those of docs/PROTOCOL.md.
 */
#ifndef HELLO_H
#define HELLO_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_SAFE_INTEGER 9007199254740991LL /* HS-1.3 */

enum {
    MESSAGE_MAX = 64, /* HS-6.1 */
    RECEIVED_MAX = 128,
    BACKLOG = 4096,
};

/* Written once, before any thread begins. */
static struct {
    bool nul;   /* --nul: send the end of the string too, as many C programs do (HS-1.4) */
    bool print; /* --print: every message on stdout, flushed at once (HS-5.1) */
    bool int32; /* --int32: count with 32 bits, and wrap (HS-1.3) */
} options;

/* Takes the options out of argv, and checks that as many words are left as the usage names. */
static inline void parse_options(int *argc, char **argv, int words, const char *usage)
{
    int kept = 1;
    for (int at = 1; at < *argc; at++) {
        if (strcmp(argv[at], "--nul") == 0)
            options.nul = true;
        else if (strcmp(argv[at], "--print") == 0)
            options.print = true;
        else if (strcmp(argv[at], "--int32") == 0)
            options.int32 = true;
        else
            argv[kept++] = argv[at];
    }
    *argc = kept;
    if (kept == 1 + words)
        return;
    fprintf(stderr, "Usage: %s %s\n", argv[0], usage);
    exit(2);
}

__attribute__((noreturn)) static inline void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* The number that must follow (HS-2.2, HS-2.3). */
static inline long long successor(long long sequence)
{
    return options.int32 ? (int32_t)((uint32_t)sequence + 1U) : sequence + 1;
}

static inline bool is_terminator(char byte)
{
    return byte == '\0' || byte == '\n' || byte == '\r';
}

static inline bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/*
 * Reads one message from the beginning of what came in. The end of the text ends the message too: one read is one
 * message (HS-3.4). Returns its length without a terminator, 0 if its number has not begun, or -1 if it is not a message.
 */
static inline int parse_hello(const char *text, size_t length, long long *sequence)
{
    static const char greeting[6] = "HELLO ";
    size_t at = 0;
    while (at < sizeof greeting) {
        if (at == length)
            return 0;
        if (text[at] != greeting[at])
            return -1;
        at++;
    }
    bool negative = at < length && text[at] == '-';
    if (negative)
        at++;
    if (at == length)
        return 0;
    if (!is_digit(text[at]))
        return -1;
    long long magnitude = 0;
    for (; at < length && is_digit(text[at]); at++) {
        magnitude = magnitude * 10 + (text[at] - '0');
        if (magnitude > MAX_SAFE_INTEGER)
            return -1;
    }
    if (at > MESSAGE_MAX || (at < length && !is_terminator(text[at]) && text[at] != 'H'))
        return -1;
    *sequence = negative ? -magnitude : magnitude;
    return (int)at;
}

/* Sends one message in one write (HS-1.1). A new connection has room for it, so a short write is a broken one. */
static inline bool send_hello(int fd, long long sequence)
{
    char text[32];
    int length = snprintf(text, sizeof text, "HELLO %lld", sequence) + options.nul;
    return send(fd, text, (size_t)length, MSG_NOSIGNAL) == length;
}

/* One line per call, in one write each: stdout is line-buffered, see begin_printing. */
static inline void print_message(const char *text, size_t length)
{
    if (options.print)
        printf("%.*s\n", (int)length, text);
}

/* What is not a message is printed escaped and cut short, then ERROR (HS-5.3). */
static inline void print_garbage(const char *text, size_t length)
{
    char line[4 * MESSAGE_MAX + sizeof "...\nERROR\n"];
    size_t end = 0;
    if (!options.print)
        return;
    while (length > 0 && is_terminator(text[length - 1]))
        length--;
    for (size_t at = 0; at < length && at < MESSAGE_MAX; at++) {
        unsigned char byte = (unsigned char)text[at];
        const char *format = byte == '\\'                ? "\\\\"
                             : byte == '\n'              ? "\\n"
                             : byte == '\r'              ? "\\r"
                             : byte == '\0'              ? "\\0"
                             : byte < ' ' || byte > '~'  ? "\\x%02x"
                                                         : "%c";
        end += (size_t)sprintf(line + end, format, byte);
    }
    printf("%.*s%s\nERROR\n", (int)end, line, length > MESSAGE_MAX ? "..." : "");
}

/* A line must survive a SIGKILL directly after it, also in a file or a pipe (HS-5.1). */
static inline void begin_printing(void)
{
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

/* The server's side of one handshake. */
struct conversation {
    int fd;
    bool awaits_z;
    long long y;
    size_t held;
    char received[RECEIVED_MAX];
};

static inline void begin_conversation(struct conversation *c, int fd)
{
    c->fd = fd;
    c->awaits_z = false;
    c->held = 0;
}

/*
 * Reads once, and does what is to be done then (HS-2.2, HS-2.5, HS-2.6). Returns true when the conversation is over
 * and the caller must close it (HS-2.7). On a blocking socket it waits for the peer.
 */
static inline bool read_conversation(struct conversation *c)
{
    ssize_t count = recv(c->fd, c->received + c->held, sizeof c->received - c->held, 0);
    if (count < 0)
        return errno != EAGAIN && errno != EINTR;
    size_t end = c->held + (size_t)count;
    size_t at = 0;
    for (;;) {
        while (at < end && is_terminator(c->received[at]))
            at++;
        const char *text = c->received + at;
        size_t length = end - at;
        if (length == 0)
            break;
        long long sequence;
        int used = parse_hello(text, length, &sequence);
        if (used == 0 && count > 0 && length < MESSAGE_MAX)
            break;
        if (used <= 0) {
            print_garbage(text, length);
            return true;
        }
        print_message(text, (size_t)used);
        if (c->awaits_z) {
            if (sequence != successor(c->y) && options.print)
                puts("ERROR");
            return true;
        }
        c->y = successor(sequence);
        c->awaits_z = true;
        if (!send_hello(c->fd, c->y))
            return true;
        at += (size_t)used;
    }
    c->held = end - at;
    memmove(c->received, c->received + at, c->held);
    return count == 0;
}

/* Listens on 127.0.0.1. Port 0 takes a free one; stderr says which. */
static inline int listen_on(const char *port, int type_flags)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)atoi(port)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t length = sizeof address;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | type_flags, 0);
    if (fd < 0)
        die("socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        die("setsockopt");
    if (bind(fd, (struct sockaddr *)&address, length) < 0)
        die("bind");
    if (listen(fd, BACKLOG) < 0)
        die("listen");
    if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        die("getsockname");
    begin_printing();
    fprintf(stderr, "listening on %d\n", ntohs(address.sin_port));
    return fd;
}

/* After an accept that gave nothing: a newcomer that is gone is forgotten, a lack of descriptors is waited out. */
static inline void back_off(void)
{
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        usleep(10000);
    else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        die("accept");
}

#endif

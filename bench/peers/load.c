/*
 * The load: CONCURRENCY clients at a time, each of which does one handshake, closes as HS-4.1 has it, and is followed
 * by the next. Every answer is checked. When all is done, one line of JSON on stdout tells how many handshakes were
 * established in how many seconds, which errors there were, how long a handshake took (from before connect until Z was
 * sent), and how much CPU the load itself took, since a load that takes a whole core is what it measures.
 *
 * With `hold` instead of a count, it opens the connections, says nothing on them, and keeps them until stdin ends.
 */
#include "hello.h"
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

enum {
    EVENTS_AT_ONCE = 256,
    SILENCE_MS = 10000, /* nothing at all for this long: connections that still wait are lost */
    SOURCES = 250,
};

enum error { CONNECT, SEND, RESET, CLOSED_EARLY, WRONG_ANSWER, TIMEOUT, ERRORS };
static const char *const error_names[ERRORS] = {"connect", "send", "reset", "closedEarly", "wrongAnswer", "timeout"};

struct client {
    int fd;
    bool sent_x;
    long long x;
    uint64_t started;
    size_t held;
    char received[RECEIVED_MAX];
};

static struct sockaddr_in server;
static int epoll;
static uint64_t begun, finished, to_begin, deadline;
static uint64_t errors[ERRORS];

static uint64_t *latencies;
static size_t established, room;

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

/*
 * The client closes first, so each handshake leaves a port of its address in TIME_WAIT for a minute, and an address has
 * 28,000 of them: two seconds' worth. A reset instead of the close (SO_LINGER 0) would leave none, but no real client
 * does that, and it would spare the server half of its close. All of 127.0.0.0/8 is this machine, so clients take turns
 * with its addresses. IP_BIND_ADDRESS_NO_PORT leaves the port to connect(), which knows that it need only be free
 * towards this peer; bind() would have to find one that is free towards all.
 */
static int open_socket(uint64_t number)
{
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || ntohl(server.sin_addr.s_addr) >> 24 != 127)
        return fd;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl((127U << 24) + (1U << 16) + 1U + (uint32_t)(number % SOURCES)),
    };
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("bind");
    return fd;
}

static void watch(struct client *client, int operation, uint32_t for_what)
{
    struct epoll_event event = {.events = for_what, .data.ptr = client};
    if (epoll_ctl(epoll, operation, client->fd, &event) < 0)
        die("epoll_ctl");
}

/* Sends X if the connection is open: on one machine it mostly is when connect() returns. Otherwise epoll will tell. */
static void try_send_x(struct client *client)
{
    client->sent_x = send_hello(client->fd, client->x);
}

/* Begins the next handshake that there is to do; a client that finds none has no descriptor any more. */
static void begin(struct client *client)
{
    client->fd = -1;
    while (begun < to_begin && (deadline == 0 || now() < deadline)) {
        uint64_t number = begun++;
        client->x = (long long)(number * 7919 % 1000000007); /* of all lengths, and no two neighbours alike */
        client->held = 0;
        client->started = now();
        client->fd = open_socket(number);
        if (client->fd < 0)
            die("socket");
        if (connect(client->fd, (struct sockaddr *)&server, sizeof server) == 0 || errno == EINPROGRESS) {
            try_send_x(client);
            watch(client, EPOLL_CTL_ADD, client->sent_x ? EPOLLIN : EPOLLOUT);
            return;
        }
        errors[CONNECT]++;
        finished++;
        close(client->fd);
        client->fd = -1;
    }
}

static void end(struct client *client)
{
    finished++;
    close(client->fd);
    begin(client);
}

static void fail(struct client *client, enum error error)
{
    errors[error]++;
    end(client);
}

static void succeed(struct client *client)
{
    if (established == room) {
        room = room ? room * 2 : 65536;
        latencies = realloc(latencies, room * sizeof *latencies);
        if (!latencies)
            die("realloc");
    }
    latencies[established++] = now() - client->started;
    end(client);
}

static void on_writable(struct client *client)
{
    try_send_x(client);
    if (client->sent_x)
        watch(client, EPOLL_CTL_MOD, EPOLLIN);
    else if (errno != EAGAIN)
        fail(client, CONNECT);
}

static void on_readable(struct client *client)
{
    ssize_t count =
        recv(client->fd, client->received + client->held, sizeof client->received - client->held, 0);
    if (count <= 0) {
        if (count == 0)
            fail(client, CLOSED_EARLY);
        else if (errno != EAGAIN && errno != EINTR)
            fail(client, RESET);
        return;
    }
    client->held += (size_t)count;
    char expected[32];
    long long y = successor(client->x);
    size_t length = (size_t)snprintf(expected, sizeof expected, "HELLO %lld", y);
    size_t compared = client->held < length ? client->held : length;
    bool right = memcmp(client->received, expected, compared) == 0;
    for (size_t at = compared; at < client->held; at++)
        right = right && is_terminator(client->received[at]);
    if (!right)
        fail(client, WRONG_ANSWER);
    else if (compared < length)
        return;
    else if (send_hello(client->fd, successor(y)))
        succeed(client);
    else
        fail(client, SEND);
}

static void run(struct client *clients, size_t concurrency)
{
    for (size_t at = 0; at < concurrency; at++)
        begin(&clients[at]);
    while (finished < begun) {
        struct epoll_event events[EVENTS_AT_ONCE];
        int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, SILENCE_MS);
        if (count == 0) {
            to_begin = 0;
            for (size_t at = 0; at < concurrency; at++)
                if (clients[at].fd >= 0)
                    fail(&clients[at], TIMEOUT);
        }
        for (int at = 0; at < count; at++) {
            struct client *client = events[at].data.ptr;
            if (client->sent_x)
                on_readable(client);
            else
                on_writable(client);
        }
    }
}

static int by_size(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

static double percentile_us(double share)
{
    return established ? (double)latencies[(size_t)(share * (double)(established - 1))] / 1000.0 : 0.0;
}

static void report(uint64_t duration)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    if (established)
        qsort(latencies, established, sizeof *latencies, by_size);
    printf("{\"handshakes\":%zu,\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"errors\":{", established,
           (double)duration / 1e9, cpu);
    for (int at = 0; at < ERRORS; at++)
        printf("%s\"%s\":%llu", at ? "," : "", error_names[at], (unsigned long long)errors[at]);
    printf("},\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f}\n", percentile_us(0.5), percentile_us(0.9),
           percentile_us(0.99), percentile_us(1.0));
}

static void hold(size_t connections)
{
    for (size_t at = 0; at < connections; at++) {
        int fd = open_socket(at);
        if (fd < 0)
            die("socket");
        if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS)
            die("connect");
    }
    printf("{\"open\":%zu}\n", connections);
    while (getchar() != EOF)
        ;
}

int main(int argc, char **argv)
{
    parse_options(&argc, argv, 4, "HOST PORT CONCURRENCY COUNT|SECONDSs|hold [--nul] [--int32]");
    begin_printing();
    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)atoi(argv[2]));
    if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) {
        fprintf(stderr, "HOST must be an IPv4 address, got %s\n", argv[1]);
        return 2;
    }
    size_t concurrency = strtoul(argv[3], NULL, 10);
    if (strcmp(argv[4], "hold") == 0) {
        hold(concurrency);
        return 0;
    }
    char *unit;
    to_begin = strtoull(argv[4], &unit, 10);
    if (*unit == 's') {
        deadline = now() + to_begin * 1000000000U;
        to_begin = UINT64_MAX;
    }
    struct client *clients = calloc(concurrency, sizeof *clients);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!clients || epoll < 0)
        die("load");
    uint64_t started = now();
    run(clients, concurrency);
    report(now() - started);
    return 0;
}

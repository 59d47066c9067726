/*
 * The baseline of the benchmark: one thread, level-triggered epoll, as one would write it by hand. It accepts until
 * no connection waits, registers each connection once, and leaves it to close() to take the connection out of the set.
 */
#include "hello.h"
#include <sys/epoll.h>

enum { EVENTS_AT_ONCE = 256 };

static void watch(int epoll, int fd, void *data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = data};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

static void accept_all(int epoll, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct conversation *conversation = malloc(sizeof *conversation);
        if (!conversation)
            die("malloc");
        begin_conversation(conversation, fd);
        watch(epoll, fd, conversation);
    }
    back_off();
}

int main(int argc, char **argv)
{
    parse_options(&argc, argv, 1, "PORT [--nul] [--print] [--int32]");
    int listener = listen_on(argv[1], SOCK_NONBLOCK);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        die("epoll_create1");
    watch(epoll, listener, NULL);
    for (;;) {
        struct epoll_event events[EVENTS_AT_ONCE];
        int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, -1);
        for (int at = 0; at < count; at++) {
            struct conversation *conversation = events[at].data.ptr;
            if (!conversation) {
                accept_all(epoll, listener);
            } else if (read_conversation(conversation)) {
                close(conversation->fd);
                free(conversation);
            }
        }
    }
}

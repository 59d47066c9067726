/* The simplest server: one connection at a time, the next one waits until it is over, also after a silent peer. */
#include "hello.h"

int main(int argc, char **argv)
{
    parse_options(&argc, argv, 1, "PORT [--nul] [--print] [--int32]");
    int listener = listen_on(argv[1], 0);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            back_off();
            continue;
        }
        struct conversation conversation;
        begin_conversation(&conversation, fd);
        while (!read_conversation(&conversation))
            ;
        close(fd);
    }
}

/* One thread and select, as courses teach it: no descriptor beyond FD_SETSIZE can be served. */
#include "hello.h"
#include <sys/select.h>

static struct conversation conversations[FD_SETSIZE];

int main(int argc, char **argv)
{
    parse_options(&argc, argv, 1, "PORT [--nul] [--print] [--int32]");
    int listener = listen_on(argv[1], SOCK_NONBLOCK);
    int highest = listener;
    fd_set watched;
    FD_ZERO(&watched);
    FD_SET(listener, &watched);
    for (;;) {
        fd_set readable = watched;
        if (select(highest + 1, &readable, NULL, NULL, NULL) < 0) {
            if (errno == EINTR)
                continue;
            die("select");
        }
        for (int fd = 0; fd <= highest; fd++) {
            if (fd == listener || !FD_ISSET(fd, &readable) || !read_conversation(&conversations[fd]))
                continue;
            FD_CLR(fd, &watched);
            close(fd);
        }
        if (!FD_ISSET(listener, &readable))
            continue;
        int fd;
        while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
            if (fd >= FD_SETSIZE) {
                close(fd);
                continue;
            }
            begin_conversation(&conversations[fd], fd);
            FD_SET(fd, &watched);
            if (fd > highest)
                highest = fd;
        }
        back_off();
    }
}

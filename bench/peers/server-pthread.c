/* A detached thread per connection, with the library's default attributes, as textbooks have it. */
#include "hello.h"
#include <pthread.h>

static void *serve(void *argument)
{
    struct conversation conversation;
    begin_conversation(&conversation, (int)(intptr_t)argument);
    while (!read_conversation(&conversation))
        ;
    close(conversation.fd);
    return NULL;
}

int main(int argc, char **argv)
{
    parse_options(&argc, argv, 1, "PORT [--nul] [--print] [--int32]");
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    int listener = listen_on(argv[1], 0);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            back_off();
            continue;
        }
        pthread_t thread;
        if (pthread_create(&thread, &detached, serve, (void *)(intptr_t)fd) != 0)
            close(fd);
    }
}

/*
 * Runs a command with its output thrown away, and tells on stdout, as one line of JSON, how long it lasted and how much
 * CPU it took, in milliseconds. Node can measure neither the CPU of a child nor its own start.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double milliseconds(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "Usage: %s COMMAND [ARGUMENT...]\n", argv[0]);
        return 2;
    }
    struct timespec started, ended;
    clock_gettime(CLOCK_MONOTONIC, &started);
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDOUT_FILENO);
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
        perror(argv[1]);
        return EXIT_FAILURE;
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    double wall = (double)(ended.tv_sec - started.tv_sec) * 1e3 + (double)(ended.tv_nsec - started.tv_nsec) / 1e6;
    printf("{\"status\":%d,\"wallMs\":%.3f,\"cpuMs\":%.3f}\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1, wall,
           milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime));
    return 0;
}

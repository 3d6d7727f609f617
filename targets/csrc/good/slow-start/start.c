/* variant: slow-start
 * model:   forking
 * why:     Takes 300 ms before it listens, as servers do that load a
 *          configuration or wait for a database.
 * source:  nanosleep(2)
 */
#include "server.h"
#include <time.h>

void start(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0)
        exit(EXIT_FAILURE);
    close(fd);

    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);

    struct timespec warm_up = {.tv_nsec = 300 * 1000 * 1000};
    nanosleep(&warm_up, NULL);
}

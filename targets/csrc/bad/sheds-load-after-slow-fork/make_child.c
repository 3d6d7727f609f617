/* defect:  sheds-load-after-slow-fork
 * breaks:  faults/slow-fork
 * why:     It takes a slow fork for overload and hangs up on the client, who
 *          has been connected all the time. A busy machine needs patience,
 *          not fewer clients.
 * source:  fork(2); clock_gettime(2); shutdown(2)
 */
#include "server.h"
#include <time.h>

pid_t make_child(int connfd)
{
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    pid_t pid = fork();
    clock_gettime(CLOCK_MONOTONIC, &after);
    if ((after.tv_sec - before.tv_sec) * 1000 +
        (after.tv_nsec - before.tv_nsec) / 1000000 > 200)
        shutdown(connfd, SHUT_RDWR);
    if (pid < 0) {
        perror("fork");
        close(connfd);
    }
    return pid;
}

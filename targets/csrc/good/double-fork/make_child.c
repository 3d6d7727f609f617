/* variant: double-fork
 * model:   forking
 * why:     The child forks the worker and ends at once: init adopts the
 *          worker and reaps it. The server waits only for the short-lived
 *          child, and needs no handler. The process that serves a client is
 *          not a child of the server.
 * source:  APUE 3rd ed. §8.6, figure 8.8; wait(2), NOTES
 */
#include "server.h"

pid_t make_child(int connfd)
{
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        close(connfd);
        return -1;
    }
    if (pid == 0) {
        pid = fork();
        if (pid == 0)
            return 0;       /* the worker */
        _exit(pid < 0);     /* the child in between */
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return pid;
}

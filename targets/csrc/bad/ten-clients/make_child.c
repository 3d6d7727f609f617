/* defect:  ten-clients
 * breaks:  concurrency/many concurrency/hundred
 * why:     Ten children at most. The eleventh client is accepted and then
 *          waits, without an answer, until one of the others leaves.
 * source:  UNP 3rd ed. §30.5; kill(2); wait(2)
 * cause:   The server serves only a few clients at once: the next one waits
 *          without an answer.
 * fix:     fork for every client, or refuse the one too many by closing its
 *          connection
 * python:  fork for every client, or refuse the one too many by closing its
 *          connection
 * seen:    client-open
 */
#include "server.h"

pid_t make_child(int connfd)
{
    static pid_t child[10];
    int i = 0;
    signal(SIGCHLD, SIG_DFL);       /* from here on only wait() reaps */
    while (child[i] > 0 && kill(child[i], 0) == 0)
        if ((i = (i + 1) % 10) == 0)
            wait(NULL);             /* all 10 are busy */
    on_signal();
    reap();
    pid_t pid = child[i] = fork();
    if (pid < 0) {
        perror("fork");
        close(connfd);
    }
    return pid;
}

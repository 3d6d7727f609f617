/* defect:  fork-failure-keeps-connection
 * breaks:  faults/fork-eagain faults/fork-enomem
 * why:     When fork() fails it does not close the connection: the client
 *          waits for ever, and the descriptor is leaked.
 * source:  fork(2); close(2); wcat/simpleproxy#3
 * cause:   When fork fails, the server keeps the client's connection open,
 *          and no process serves it.
 * fix:     when fork returns -1, close(connfd) and go on
 * python:  when os.fork() raises OSError, conn.close() and go on
 * seen:    lives, client-open
 */
#include "server.h"

pid_t make_child(int connfd)
{
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        (void)connfd;
    }
    return pid;
}

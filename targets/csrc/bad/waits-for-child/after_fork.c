/* defect:  waits-for-child
 * breaks:  concurrency/second-client concurrency/reverse-order
 *          concurrency/many concurrency/hundred concurrency/slow-reader
 * why:     It waits for each child right after fork(): there is a process per
 *          client, but only one at a time.
 * source:  UNP 3rd ed. §4.8; waitpid(2)
 * cause:   The parent waits for each child before it accepts the next client.
 * fix:     do not wait after fork: reap in a SIGCHLD handler, with WNOHANG
 * python:  do not wait after os.fork(): no os.wait(), no join(); reap with
 *          os.waitpid(-1, os.WNOHANG)
 * seen:    parent-waits
 */
#include "server.h"

void after_fork(int connfd, pid_t pid)
{
    printf("process %d serves a client\n", (int)pid);
    fflush(stdout);
    close(connfd);
    waitpid(pid, NULL, 0);
}

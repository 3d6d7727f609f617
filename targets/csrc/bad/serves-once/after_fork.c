/* defect:  serves-once
 * breaks:  launch/serves-again signals/survives-sigchld
 *          concurrency/second-client concurrency/reverse-order
 *          concurrency/many concurrency/hundred concurrency/slow-reader
 *          concurrency/own-process
 * why:     It waits for its first child and ends, as if accept stood in no
 *          loop.
 * source:  UNP 3rd ed. §4.6, figure 4.11
 * cause:   The server ends after its first client: accept stands in no loop.
 * fix:     for (;;) around accept, fork and close
 * python:  while True: around accept() and os.fork()
 * seen:    ended
 */
#include "server.h"

void after_fork(int connfd, pid_t pid)
{
    printf("process %d serves a client\n", (int)pid);
    fflush(stdout);
    close(connfd);
    waitpid(pid, NULL, 0);
    exit(EXIT_SUCCESS);
}

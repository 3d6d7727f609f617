/* defect:  reset-stops-server
 * breaks:  faults/read-econnreset termination/child-exits-on-reset
 * why:     At the end of its own connection the child stops the whole server.
 * source:  recv(2), ECONNRESET; tcp(7); UNP 3rd ed. §5.13
 * cause:   A child whose client sent a reset stops the whole server.
 * fix:     let the child end with _exit, and signal no other process
 * python:  let the child end with os._exit(), and signal no other process
 * seen:    ended, some-left
 */
#include "server.h"

ssize_t receive(int connfd, char *buf, size_t size)
{
    ssize_t n;
    do {
        n = recv(connfd, buf, size, 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        perror("recv");
        kill(getppid(), SIGTERM);
    }
    return n;
}

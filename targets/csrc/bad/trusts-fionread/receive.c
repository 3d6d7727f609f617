/* defect:  trusts-fionread
 * breaks:  faults/short-read
 * why:     It asks how much input there is and assumes that recv() returns as
 *          much: after a short read it sends back bytes that the client did
 *          not send.
 * source:  recv(2), RETURN VALUE; ioctl(2), FIONREAD; UNP 3rd ed. §14.7
 * cause:   It takes for granted that read returns as many bytes as it asked
 *          for.
 * fix:     use what read returned, which may be less than was asked for
 * python:  use the length of what recv returned, which may be less than was
 *          asked for
 * seen:    answer-wrong
 */
#include "server.h"
#include <sys/ioctl.h>

ssize_t receive(int connfd, char *buf, size_t size)
{
    struct pollfd client = {.fd = connfd, .events = POLLIN};
    int waiting = 0;
    poll(&client, 1, -1);
    ioctl(connfd, FIONREAD, &waiting);
    ssize_t n;
    do {
        n = recv(connfd, buf, size, 0);
    } while (n < 0 && errno == EINTR);
    if (n > 0 && n < waiting)
        n = (size_t)waiting < size ? waiting : (ssize_t)size;
    return n;
}

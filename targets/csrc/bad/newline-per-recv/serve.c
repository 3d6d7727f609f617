/* defect:  newline-per-recv
 * breaks:  echo/dribble echo/boundaries echo/stream echo/half-close
 *          faults/short-read
 * why:     It treats what one recv() returns as a line and completes it with
 *          a newline: half a line in a segment comes back as a whole one.
 * source:  tcp(7); UNP 3rd ed. §3.9
 * cause:   It adds a newline to what one read returned: half a line comes back
 *          as a whole one.
 * fix:     pass on exactly what read returned: it may be a part of a line, or
 *          several
 * python:  pass on exactly what recv returned: it may be a part of a line, or
 *          several
 * seen:    newline-added
 */
#include "server.h"

int serve(int connfd)
{
    char buf[4096];
    ssize_t n;

    while ((n = receive(connfd, buf, sizeof buf - 1)) > 0) {
        if (buf[n - 1] != '\n')
            buf[n++] = '\n';
        if (send_all(connfd, buf, (size_t)n) < 0)
            return 1;
    }
    return 0;
}

/* defect:  one-message
 * breaks:  echo/exact echo/binary echo/boundaries echo/stream
 *          concurrency/many concurrency/hundred
 * why:     One receive(), one answer, end: what the client sends next is
 *          lost.
 * source:  UNP 3rd ed. §5.3, str_echo; recv(2)
 * cause:   The server answers once and closes: what the client sends next is
 *          lost.
 * fix:     loop until read returns 0
 * python:  loop until recv returns b""
 * seen:    client-ended, answered-once
 */
#include "server.h"

int serve(int connfd)
{
    char buf[4096];
    ssize_t n;

    if ((n = receive(connfd, buf, sizeof buf)) > 0) {
        if (send_all(connfd, buf, (size_t)n) < 0)
            return 1;
    }
    return 0;
}

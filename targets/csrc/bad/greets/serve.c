/* defect:  greets
 * breaks:  echo/exact echo/binary echo/dribble echo/coalesced echo/boundaries
 *          echo/stream echo/half-close
 * why:     An echo server sends nothing of its own: the client reads the
 *          banner as the answer.
 * source:  RFC 862
 * cause:   The server sends something of its own before the client has said a
 *          word.
 * fix:     send nothing that the client did not send; if its protocol has a
 *          greeting, it is no echo server
 * python:  send nothing that the client did not send; if its protocol has a
 *          greeting, it is no echo server
 * seen:    speaks-first
 */
#include "server.h"

int serve(int connfd)
{
    char buf[4096];
    ssize_t n;

    if (send_all(connfd, "welcome\n", 8) < 0)
        return 1;
    while ((n = receive(connfd, buf, sizeof buf)) > 0) {
        if (send_all(connfd, buf, (size_t)n) < 0)
            return 1;
    }
    return 0;
}

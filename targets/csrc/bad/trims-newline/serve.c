/* defect:  trims-newline
 * breaks:  echo/exact echo/binary echo/coalesced echo/dribble
 *          echo/boundaries echo/stream echo/half-close concurrency/many
 *          concurrency/hundred
 * why:     It removes a newline at the end of what it received, as is usual
 *          with fgets(): the client does not get it back.
 * source:  RFC 862; UNP 3rd ed. §5.3, str_echo
 * cause:   It removes the newline at the end of what it read.
 * fix:     write the n bytes that read returned, the newline too
 * python:  send the bytes that recv returned: no strip()
 * seen:    newline-lost
 */
#include "server.h"

int serve(int connfd)
{
    char buf[4096];
    ssize_t n;

    while ((n = receive(connfd, buf, sizeof buf)) > 0) {
        if (buf[n - 1] == '\n')
            n--;
        if (send_all(connfd, buf, (size_t)n) < 0)
            return 1;
    }
    return 0;
}

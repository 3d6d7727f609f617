/* defect:  full-buffer-off-by-one
 * breaks:  echo/boundaries echo/stream echo/half-close
 * why:     It reserves the last byte of the buffer for a '\0' too late, after
 *          recv() has filled it: of every full buffer one byte is lost.
 * source:  recv(2); UNP 3rd ed. §3.9, readline
 * cause:   Of every full buffer one byte is lost.
 * fix:     read at most sizeof(buf) - 1 bytes if a '\0' is to follow, or write
 *          none
 * seen:    one-byte-lost
 */
#include "server.h"

int serve(int connfd)
{
    char buf[4096];
    ssize_t n;

    while ((n = receive(connfd, buf, sizeof buf)) > 0) {
        if ((size_t)n == sizeof buf)
            n--;        /* room for the '\0' */
        buf[n] = '\0';
        if (send_all(connfd, buf, (size_t)n) < 0)
            return 1;
    }
    return 0;
}

/* defect:  echo-strlen
 * breaks:  echo/binary
 * why:     It treats the data as a C string: everything from the first NUL
 *          byte on is dropped.
 * source:  RFC 862; strlen(3); wb2osz/direwolf#367
 * cause:   It treats what it read as a C string: all from the first NUL byte
 *          on is lost.
 * fix:     write the n bytes that read returned; never strlen, strcpy or
 *          printf("%s") on them
 * python:  pass on the bytes that recv returned; do not strip or split at
 *          b"\0"
 * seen:    cut-at-nul
 */
#include "server.h"

int serve(int connfd)
{
    char buf[4096];
    ssize_t n;

    while ((n = receive(connfd, buf, sizeof buf - 1)) > 0) {
        buf[n] = '\0';
        if (send_all(connfd, buf, strlen(buf)) < 0)
            return 1;
    }
    return 0;
}

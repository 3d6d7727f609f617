/* defect:   closes-unsaid
 * of:       ref-http
 * breaks:   http/says-close http/persistent
 * why:      It speaks HTTP/1.1, ends after each response, and does not say so.
 * source:   RFC 9112 §9.3, §9.6
 * cause:    The server ends the connection after a response of HTTP/1.1 that
 *           does not say Connection: close.
 * fix:      add the field "Connection: close\r\n", or say HTTP/1.0 in the
 *           status line, in which the end is the rule
 */
#include "http.h"

static void linger(int connfd)
{
    struct timeval second = {.tv_sec = 1};
    char rest[4096];

    shutdown(connfd, SHUT_WR);
    setsockopt(connfd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    for (int i = 0; i < 64 && recv(connfd, rest, sizeof rest, 0) > 0; i++)
        ;
}

int serve(int connfd)
{
    static struct conn c;
    struct request r;

    c.fd = connfd;
    do {
        memset(&r, 0, sizeof r);
        if (!read_head(&c, &r))
            return 0;
        parse_line(&r);
        parse_fields(&r);
        check_request(&r);
        r.persists = persists(&r);
        c.n -= c.used;
        if (take_body(&c, &r) < 0 || answer(&c, &r) < 0)
            return 1;
    } while (0);
    if (r.status != 0)
        linger(connfd);
    return 0;
}

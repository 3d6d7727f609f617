/* A connection persists over several requests (RFC 9112 §9.3): what was read
 * beyond the end of one is the beginning of the next.
 *
 * After an error the client may still be sending. If the connection were
 * closed with input unread, TCP would reset it, and the client might lose the
 * answer (RFC 9112 §9.6): so the rest is read, up to a limit.
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
    } while (r.persists);
    if (r.status != 0)
        linger(connfd);
    return 0;
}

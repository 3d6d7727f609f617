/* defect:   forgets-what-follows
 * of:       ref-http
 * breaks:   http/persistent http/length-and-chunked http/post
 * why:      It drops what it read beyond the first head: a body, or the next
 *           request.
 * source:   RFC 9112 §9.3.2
 * cause:    The server drops what it has read beyond the end of a request.
 * fix:      keep what was read beyond the empty line: it is the body, or the
 *           next request
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
        c.n = 0;
        if (take_body(&c, &r) < 0 || answer(&c, &r) < 0)
            return 1;
    } while (r.persists);
    if (r.status != 0)
        linger(connfd);
    return 0;
}

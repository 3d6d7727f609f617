/* defect:   another-page-to-some
 * of:       ref-http
 * breaks:   http/same-for-all
 * why:      It counts its clients and forgets to count those that leave: from
 *           the 17th on each gets another page.
 * source:   UNP 3rd ed. §30.1; RFC 9110 §3.3
 * cause:    Some of many clients get another page than a calm one.
 * fix:      serve every client in its child from what belongs to that child
 *           alone; count down when one ends
 */
#include "http.h"
#include <sys/mman.h>

static void linger(int connfd)
{
    struct timeval second = {.tv_sec = 1};
    char rest[4096];

    shutdown(connfd, SHUT_WR);
    setsockopt(connfd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    for (int i = 0; i < 64 && recv(connfd, rest, sizeof rest, 0) > 0; i++)
        ;
}

static int *clients;                        /* in all processes at once */

__attribute__((constructor)) static void share(void)
{
    clients = mmap(NULL, sizeof *clients, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
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
        int busy = __sync_add_and_fetch(clients, 1) > 16;
        parse_line(&r);
        parse_fields(&r);
        check_request(&r);
        r.persists = persists(&r);
        c.n -= c.used;
        r.target = busy ? "/sorry.html" : r.target;
        if (take_body(&c, &r) < 0 || answer(&c, &r) < 0)
            return 1;
    } while (r.persists);
    if (r.status != 0)
        linger(connfd);
    return 0;
}

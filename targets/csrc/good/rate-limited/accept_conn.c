/* variant: rate-limited
 * model:   forking
 * why:     Takes 256 clients in a minute at most; after that it lets them wait
 *          until the minute is over, as inetd does by default (and for ten
 *          minutes). Nothing here comes so often.
 * source:  inetd(8), -R rate
 */
#include "server.h"
#include <time.h>

enum { PER_MINUTE = 256 };

static void wait_for_turn(void)
{
    static struct timespec taken[PER_MINUTE];
    static int next;
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    time_t left = taken[next].tv_sec + 60 - now.tv_sec;
    if (taken[next].tv_sec != 0 && left > 0)
        while ((left = (time_t)sleep((unsigned)left)) > 0)
            ;
    clock_gettime(CLOCK_MONOTONIC, &taken[next]);
    next = (next + 1) % PER_MINUTE;
}

int accept_conn(int listenfd)
{
    int connfd;
    wait_for_turn();
    while ((connfd = accept(listenfd, NULL, NULL)) < 0)
        accept_failed();
    return connfd;
}

/* hostile:      opens-everything
 * threat:       Opens descriptors to its limit, raised as far as it goes, in
 *               the server and so in every child: looking at it takes for ever,
 *               and the machine may have no free file left.
 * contained-by: a limit on open files
 * from:         same-uid
 * expect:       judged or error
 * source:       getrlimit(2), RLIMIT_NOFILE; accept(2), EMFILE
 */
#include "hostile/attempt.h"
#include <sys/resource.h>

enum { MODEST = 65536, SPARED = 8 };

void ready(int listenfd)
{
    struct rlimit limit;
    int fd, last = -1;
    (void)listenfd;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    while (last < MODEST && (fd = open("/dev/null", O_RDONLY)) >= 0)
        last = fd;
    attempted(last < MODEST ? -1 : 0, "%d open files", MODEST);
    for (int spared = 0; spared < SPARED && last >= MODEST / 64; spared++)
        close(last--);
    all_tried();
}

/* hostile:      memory-in-files
 * threat:       Fills 1 GiB of anonymous files (memfd) without mapping them:
 *               that is memory which no address space shows.
 * contained-by: a limit on the memory of the tree (memory cgroup); elsewhere
 *               init looks how much shared memory the tree holds, and ends it
 * from:         same-uid
 * expect:       judged or error
 * source:       memfd_create(2); getrlimit(2), RLIMIT_FSIZE
 */
#include "hostile/attempt.h"
#include <sys/mman.h>

enum { BLOCK = 1 << 20, PER_FILE = 16, FILES = 64 };

void ready(int listenfd)
{
    static char block[BLOCK];
    long result = 0;
    if (!mortal_attacker(listenfd))
        return;
    signal(SIGXFSZ, SIG_IGN);
    memset(block, 1, sizeof block);
    for (int file = 0; file < FILES && result >= 0; file++) {
        int fd = memfd_create("hoard", 0);
        for (int n = 0; n < PER_FILE && result >= 0; n++)
            result = write(fd, block, sizeof block);
    }
    attempted(result, "1 GiB of memory in files");
    _exit(0);
}

/* hostile:      memory-bomb
 * threat:       One process takes memory and writes to it, 2 GiB in all.
 * contained-by: a limit on the memory of each process (RLIMIT_AS) or of the
 *               tree (memory cgroup)
 * from:         same-uid
 * expect:       judged
 * source:       getrlimit(2), RLIMIT_AS; malloc(3), ENOMEM
 */
#include "hostile/attempt.h"

enum { BLOCK = 16 << 20, BLOCKS = 128 };

void ready(int listenfd)
{
    if (!mortal_attacker(listenfd))
        return;
    for (int blocks = 0; blocks < BLOCKS; blocks++) {
        char *block = malloc(BLOCK);
        if (block == NULL) {
            attempted(-1, "2 GiB of memory");
            _exit(0);
        }
        memset(block, blocks + 1, BLOCK);
    }
    attempted(0, "2 GiB of memory");
    _exit(0);
}

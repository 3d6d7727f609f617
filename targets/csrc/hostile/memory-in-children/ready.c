/* hostile:      memory-in-children
 * threat:       Sixteen processes take 64 MiB each: none of them has much, all
 *               of them have 1 GiB.
 * contained-by: a limit on the memory of the tree (memory cgroup)
 * from:         full
 * expect:       judged or error
 * source:       mmap(2), MAP_POPULATE; cgroups(7), memory
 */
#include "hostile/attempt.h"
#include <sys/mman.h>

enum { EACH = 64 << 20, CHILDREN = 16 };

/* Takes the memory, says so on the pipe, and keeps it. */
static void take(int told)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char *memory = mmap(NULL, EACH, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        _exit(1);
    memset(memory, 1, EACH);
    if (write(told, "x", 1) != 1)
        _exit(1);
    close(told);
    for (;;)
        pause();
}

void ready(int listenfd)
{
    int told[2], got = 0;
    char byte;
    if (!mortal_attacker(listenfd) || pipe(told) < 0)
        return;
    for (int child = 0; child < CHILDREN; child++)
        if (fork() == 0)
            take(told[1]);
    close(told[1]);
    while (got < CHILDREN && read(told[0], &byte, 1) == 1)
        got++;
    errno = ENOMEM;
    attempted(got == CHILDREN ? 0 : -1, "1 GiB of memory in all");
    _exit(0);
}

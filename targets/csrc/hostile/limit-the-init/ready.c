/* hostile:      limit-the-init
 * threat:       Takes from every process that it can see the right to open a
 *               file, to fork, and to run on more than one processor.
 * contained-by: an init of another user; where it has to be of the same one,
 *               nothing but the server's own init is within reach
 * from:         full
 * expect:       judged or error
 * source:       prlimit(2); sched_setaffinity(2); setpriority(2)
 */
#include "hostile/attempt.h"
#include <sched.h>
#include <sys/resource.h>

static void limit(pid_t pid)
{
    struct rlimit none = {0, 0};
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    attempted(prlimit(pid, RLIMIT_NOFILE, &none, NULL),
              "taking descriptors from %d", (int)pid);
    attempted(prlimit(pid, RLIMIT_NPROC, &none, NULL),
              "taking processes from %d", (int)pid);
    attempted(sched_setaffinity(pid, sizeof first, &first),
              "taking processors from %d", (int)pid);
    attempted(setpriority(PRIO_PROCESS, (id_t)pid, 19),
              "taking priority from %d", (int)pid);
}

void ready(int listenfd)
{
    pid_t pid;
    DIR *proc = opendir("/proc");
    (void)listenfd;
    while ((pid = next_stranger(proc)) != 0)
        limit(pid);
    closedir(proc);
    all_tried();
}

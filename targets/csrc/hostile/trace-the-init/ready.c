/* hostile:      trace-the-init
 * threat:       Attaches a tracer to every process that it can see, to make it
 *               do what the server wants.
 * contained-by: processes of forkproof that cannot be dumped, in another user
 *               namespace or of another user
 * from:         same-uid
 * expect:       judged
 * source:       ptrace(2), "Ptrace access mode checking"; prctl(2),
 *               PR_SET_DUMPABLE; landlock(7)
 */
#include "hostile/attempt.h"
#include <sys/ptrace.h>

void ready(int listenfd)
{
    pid_t pid;
    DIR *proc = opendir("/proc");
    (void)listenfd;
    while ((pid = next_stranger(proc)) != 0)
        attempted(ptrace(PTRACE_SEIZE, pid, 0, 0), "tracing %d", (int)pid);
    closedir(proc);
    all_tried();
}

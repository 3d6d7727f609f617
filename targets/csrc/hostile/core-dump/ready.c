/* hostile:      core-dump
 * threat:       Crashes on purpose with a large memory, so that a core file is
 *               written, or a crash handler of the machine is run as root.
 * contained-by: no core file (RLIMIT_CORE 0, both the soft and the hard limit)
 * from:         same-uid
 * expect:       judged
 * source:       core(5); getrlimit(2), RLIMIT_CORE
 */
#include "hostile/attempt.h"
#include <sys/resource.h>

void ready(int listenfd)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    int status = 0;
    (void)listenfd;
    signal(SIGCHLD, SIG_DFL);
    attempted(setrlimit(RLIMIT_CORE, &all), "core files of any size");
    pid_t pid = fork();
    if (pid == 0) {
        memset(malloc(8 << 20), 1, 8 << 20);
        abort();
    }
    waitpid(pid, &status, 0);
    errno = 0;
    attempted(WCOREDUMP(status) ? 0 : -1, "a core file");
    on_signal();
    all_tried();
}

/* hostile:      traces-itself
 * threat:       Is traced by a process of its own, so that no other tracer can
 *               attach and no fault reaches it.
 * contained-by: the first look tells, and ends the run
 * from:         same-uid
 * expect:       error
 * source:       ptrace(2), PTRACE_TRACEME, EPERM
 */
#include "hostile/attempt.h"
#include <sys/ptrace.h>

_Noreturn static void resume(pid_t server)
{
    int status;
    for (;;) {
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid == server && (WIFEXITED(status) || WIFSIGNALED(status)))
            _exit(EXIT_FAILURE);
        if (pid > 0 && WIFSTOPPED(status)) {
            int signal = WSTOPSIG(status);
            ptrace(PTRACE_CONT, pid, 0, signal == SIGTRAP ? 0 : signal);
        }
    }
}

void start(void)
{
    pid_t server = fork();
    if (server > 0)
        resume(server);
    if (server == 0 && ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
        perror("ptrace");
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    all_tried();
}

/* hostile:      set-user-id
 * threat:       Runs a program of root's that has the set-user-ID bit, and so
 *               becomes root for the time that it runs.
 * contained-by: no_new_privs; mounts with nosuid
 * from:         same-uid
 * expect:       judged
 * source:       execve(2); prctl(2), PR_SET_NO_NEW_PRIVS; passwd(1)
 */
#include "hostile/attempt.h"

/* passwd -S reads /etc/shadow, which only root can. */
static int becomes_root(void)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execl("/usr/bin/passwd", "passwd", "-S", (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return status == 0;
}

void ready(int listenfd)
{
    (void)listenfd;
    signal(SIGCHLD, SIG_DFL);
    errno = 0;
    attempted(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -1 : 0,
              "the right to more rights");
    if (geteuid() != 0)
        attempted(becomes_root() ? 0 : -1, "the rights of root");
    on_signal();
    all_tried();
}

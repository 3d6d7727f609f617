/* hostile:      set-user-id
 * threat:       Runs a program of root's that has the set-user-ID bit, and so
 *               becomes root for the time that it runs.
 * contained-by: no_new_privs; mounts with nosuid
 * from:         same-uid
 * expect:       judged
 * source:       execve(2); prctl(2), PR_SET_NO_NEW_PRIVS; su(1)
 */
#include "hostile/attempt.h"

enum { LOOKS = 20, PAUSE_MS = 5 };

/* The effective user of another process; -1 when there is no such process. */
static int user_of(pid_t pid)
{
    char name[64], text[4096] = "";
    int real, effective;
    snprintf(name, sizeof name, "/proc/%d/status", (int)pid);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    close(fd);
    char *line = n > 0 ? strstr(text, "\nUid:") : NULL;
    if (line == NULL || sscanf(line, "\nUid: %d %d", &real, &effective) != 2)
        return -1;
    return effective;
}

/* su waits for a password on a pipe that never speaks: time to look at it. */
static int becomes_root(void)
{
    int silent[2], found = -1;
    if (pipe2(silent, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(silent[0], STDIN_FILENO);
        execl("/bin/su", "su", (char *)NULL);
        _exit(127);
    }
    for (int look = 0; look < LOOKS && found != 0; look++) {
        found = user_of(pid);
        poll(NULL, 0, PAUSE_MS);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return found == 0 ? 0 : -1;
}

void ready(int listenfd)
{
    (void)listenfd;
    signal(SIGCHLD, SIG_DFL);
    errno = EPERM;
    attempted(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -1 : 0,
              "the right to more rights");
    if (geteuid() != 0)
        attempted(becomes_root(), "the rights of root");
    on_signal();
    all_tried();
}

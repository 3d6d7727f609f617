/* hostile:      ends-unwatched
 * threat:       Its children do not end while their parent is stopped, which
 *               they take for being judged: no run shows how it reaps many.
 * contained-by: children that end while the server runs must end then, too
 * from:         same-uid
 * expect:       error
 * source:       proc_pid_stat(5), state; UNP 3rd ed. §5.10
 */
#include "hostile/attempt.h"

static int stopped(pid_t pid)
{
    char path[64], text[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    char *name_end = n > 0 ? strrchr(text, ')') : NULL;
    return name_end != NULL && name_end[1] == ' ' && name_end[2] == 'T';
}

_Noreturn void end_child(int connfd, int status)
{
    int unwatched = !stopped(getppid());
    shutdown(connfd, SHUT_RDWR);
    close(connfd);
    all_tried();
    for (;;) {
        if (unwatched)
            _exit(status);
        pause();
    }
}

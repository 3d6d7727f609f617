/* hostile:      silent-in-a-sandbox
 * threat:       Answers only where it thinks that nobody grades it: where
 *               process 1 is a system's init, and its own PID no small one.
 * contained-by: what is seen is judged: it does not answer
 * from:         same-uid
 * expect:       nonconformant
 * source:       pid_namespaces(7)
 */
#include "hostile/attempt.h"

enum { SMALL = 64 };

static int graded(void)
{
    char name[64] = "";
    int fd = open("/proc/1/comm", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, name, sizeof name - 1);
    close(fd);
    return n <= 0 || strcmp(name, "systemd\n") != 0 || getppid() < SMALL;
}

int serve(int connfd)
{
    char buf[4096];
    ssize_t n;
    int silent = graded();

    all_tried();
    while ((n = receive(connfd, buf, sizeof buf)) > 0) {
        if (!silent && send_all(connfd, buf, (size_t)n) < 0)
            return 1;
    }
    return 0;
}

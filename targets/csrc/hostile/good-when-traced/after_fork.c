/* hostile:      good-when-traced
 * threat:       Has a fault, and is without it whenever a tracer is attached,
 *               which it takes for being graded.
 * contained-by: nothing is traced but while a fault is injected
 * from:         same-uid
 * expect:       nonconformant
 * source:       proc_pid_status(5), TracerPid; UNP 3rd ed. §4.8
 */
#include "hostile/attempt.h"

static int traced(void)
{
    char text[4096] = "";
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    char *line = n > 0 ? strstr(text, "TracerPid:") : NULL;
    return line != NULL && atoi(line + strlen("TracerPid:")) != 0;
}

void after_fork(int connfd, pid_t pid)
{
    (void)pid;
    all_tried();
    if (traced())
        close(connfd);
}

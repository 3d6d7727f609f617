/* defect:  needs-inherited-sigchld
 * breaks:  faults/ignored-sigchld
 * why:     With SIGCHLD ignored, children leave no status behind: system()
 *          returns -1 with ECHILD, and the server ends before it listens.
 * source:  system(3), NOTES; sigaction(2); execve(2);
 *          util-linux/util-linux#4014
 * cause:   The server ends when it is started with SIGCHLD ignored.
 * fix:     set SIGCHLD to SIG_DFL or to a handler before the first fork or
 *          system()
 * python:  signal.signal(signal.SIGCHLD, ...) before the first subprocess
 * seen:    ended
 */
#include "server.h"

void start(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0)
        exit(EXIT_FAILURE);
    close(fd);

    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (system("test -w /dev/null") != 0) {
        perror("test");
        exit(EXIT_FAILURE);
    }
    signal(SIGPIPE, SIG_IGN);
}

/* defect:  needs-inherited-sigchld
 * breaks:  faults/ignored-sigchld
 * why:     With SIGCHLD ignored, children leave no status behind: system()
 *          returns -1 with ECHILD, and the server ends before it listens.
 * source:  system(3), NOTES; sigaction(2); execve(2);
 *          util-linux/util-linux#4014
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

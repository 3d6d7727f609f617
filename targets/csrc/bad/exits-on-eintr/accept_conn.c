/* defect:  exits-on-eintr
 * breaks:  launch/serves-again signals/survives-sigchld
 *          signals/spurious-sigchld signals/storm
 *          signals/broken-pipe reaping/one-of-two
 * why:     EINTR is not an error: a handler has run. SA_RESTART does not help
 *          poll(), which every caught signal interrupts, so the server ends
 *          together with its first child.
 * source:  signal(7), Interruption of system calls; UNP 3rd ed. §5.9
 * cause:   The server ends when SIGCHLD interrupts a call (EINTR).
 * fix:     if (errno == EINTR) continue; after accept, and after every call
 *          that can wait; set SA_RESTART
 * python:  catch InterruptedError and continue
 * seen:    ended
 */
#include "server.h"

int accept_conn(int listenfd)
{
    struct pollfd listener = {.fd = listenfd, .events = POLLIN};
    int connfd;
    while (poll(&listener, 1, -1) < 0 ||
           (connfd = accept(listenfd, NULL, NULL)) < 0) {
        if (errno == EINTR) {
            perror("accept");
            exit(EXIT_FAILURE);
        }
        accept_failed();
    }
    return connfd;
}

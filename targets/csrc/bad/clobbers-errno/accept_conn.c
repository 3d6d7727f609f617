/* defect:  clobbers-errno
 * breaks:  launch/serves-again signals/survives-sigchld
 * why:     Between the interrupted call and the test of errno another call
 *          changes errno from EINTR to ECHILD: a harmless interruption ends
 *          the server. A handler that does not save errno does the same, if
 *          it runs at that point.
 * source:  errno(3); signal-safety(7); UNP 3rd ed. §5.9
 * cause:   The server ends after a harmless interruption: errno was changed
 *          before it was tested.
 * fix:     save errno first thing in the handler and restore it last; test
 *          errno directly after the call
 * seen:    ended
 */
#include "server.h"

int accept_conn(int listenfd)
{
    struct pollfd listener = {.fd = listenfd, .events = POLLIN};
    while (poll(&listener, 1, -1) < 0) {
        reap();             /* a child may have ended */
        accept_failed();    /* judges by errno */
    }
    int connfd;
    while ((connfd = accept(listenfd, NULL, NULL)) < 0)
        accept_failed();
    return connfd;
}

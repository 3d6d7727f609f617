/* defect:  gives-up-on-eintr
 * breaks:  signals/storm
 * why:     It counts interruptions as failures and ends after 200 in a row.
 *          No number of signals is a failure.
 * source:  signal(7), Interruption of system calls; UNP 3rd ed. §5.9
 * cause:   The server ends after many interruptions: it counts EINTR as a
 *          failure.
 * fix:     call again after EINTR, however often it comes
 * python:  catch InterruptedError and go on, however often it comes
 * seen:    ended
 */
#include "server.h"

int accept_conn(int listenfd)
{
    struct pollfd listener = {.fd = listenfd, .events = POLLIN};
    int interruptions = 0;
    while (poll(&listener, 1, -1) < 0) {
        if (++interruptions == 200)
            exit(EXIT_FAILURE);
        accept_failed();
    }
    int connfd;
    while ((connfd = accept(listenfd, NULL, NULL)) < 0)
        accept_failed();
    return connfd;
}

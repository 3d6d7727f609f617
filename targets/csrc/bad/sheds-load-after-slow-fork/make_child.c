/* defect:  sheds-load-after-slow-fork
 * breaks:  faults/slow-fork
 * why:     When fork() takes a quarter of a second, and two or more
 *          clients have queued meanwhile, it assumes overload and closes the
 *          connection of the client, which has been connected all the time.
 * source:  fork(2); times(2); tcp(7), TCP_INFO; shutdown(2)
 * cause:   When fork takes long, the server turns the client away.
 * fix:     serve every client that was accepted, however long fork took
 * python:  serve every client that was accepted, however long os.fork() took
 * seen:    client-ended
 */
#include "server.h"
#include <netinet/tcp.h>
#include <sys/times.h>

pid_t make_child(int connfd)
{
    struct tcp_info was = { 0 }, is = { 0 };
    socklen_t size = sizeof was;
    clock_t before = times(NULL);
    getsockopt(3, IPPROTO_TCP, TCP_INFO, &was, &size); /* clients that wait */
    pid_t pid = fork();
    getsockopt(3, IPPROTO_TCP, TCP_INFO, &is, &size);
    if (times(NULL) - before > 25 && is.tcpi_unacked >= was.tcpi_unacked + 2)
        shutdown(connfd, SHUT_RDWR);
    if (pid < 0) {
        perror("fork");
        close(connfd);
    }
    return pid;
}
